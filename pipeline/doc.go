// Package pipeline names the stages of a run, their order, inputs and
// outputs; it runs, resumes, verifies and traces them.
//
// Data in: a [Config] (YAML and --set assignments) and the files that it
// names. Data out: the folder of a run.
//
//	ingest    train.csv, test.csv, *.jpg            images/*.arrow
//	folds     images/*.arrow                        folds.arrow
//	train     images, folds                         train/<model>-f<k>/ (checkpoint, weights, history)
//	predict   train/<model>-f<k>/weights-*.arrow    draws/<model>-f<k>-{valid,test}.arrow
//	oof       draws/*-valid.arrow, folds            oof/<model>.arrow
//	ensemble  oof/*.arrow, draws/*-test.arrow       ensemble.arrow, blend.json
//	submit    ensemble.arrow, the test list         submission.csv
//	report    everything                            report/index.html
//
// Terms: a task is one restartable piece of a stage: a stage, or one (model,
// fold) of it. The ledger, tasks/<task>.json, holds for each finished task
// its key, inputs and outputs with their SHA-256.
//
// Resume rule: a task's key is a hash of its stage and version, of the part
// of the configuration that its outputs depend on, and of the content of its
// inputs, never of a path or a time. A task is skipped if the ledger has its
// key and every output still has its hash; else it runs. Force forgets a
// stage and those after it. A folder that an attempt with another key left
// half done is cleared; one with the same key is gone on with.
//
// Invariants: only run.json and log.jsonl hold times; every other file has
// the same bytes for the same inputs and seed, whatever was interrupted, in
// how many processes or with how many workers. A stage reads and writes files
// of the run alone, except ingest (data), folds (a fold file) and train (ONNX
// files). Two processes on one folder share the work: a task is locked while
// it runs, by a lock that ends with its process.
//
// Errors: a wrong configuration is a usage fault with its line, wrong data or
// a missing stage an input fault, a cancelled context a stopped fault.
// [Verify] returns broken promises as data.
//
// Determinism: every random stream is keyed by the run's seed, model, fold
// and purpose.
package pipeline
