// Command melanoma trains, checks and explains melanoma classifiers on
// dermatoscopic pictures: from a folder of images and CSV files to an
// auditable submission, with an Arrow file between every two stages.
//
// Data in: flags, a YAML configuration, files. Data out: results on stdout,
// progress and errors on stderr, files under the run's folder.
//
// Terms: a verb is one file cmd_<verb>.go with an options struct, its flags
// and a function runX(ctx, options, args) that knows nothing of cobra.
//
// Errors: one sentence that names the file, row or node, then a line
// "hint:". The exit code is the error's kind (package internal/fault):
// 0 done, 1 failure of the program, 2 wrong usage or configuration, 3 bad
// input, 4 stopped before the end. The one mapping is exitCode in exit.go.
//
// Determinism: no flag but --seed, --set and -c changes a result; --workers,
// --quiet and --json change speed and form.
package main
