// Package cv is cross-validation: patient-grouped stratified folds, the
// out-of-fold table, ensembles fitted on it, the submission, and the scores of
// anyone's predictions.
//
// Data in: the training rows (name, group, class), the draws of each model and
// fold (image_name, view, sample, logits), CSV files of predictions. Data out:
// folds.arrow, oof/<model>.arrow, ensemble.arrow, blend.json, submission.csv.
//
// Terms: a group is what must not be torn apart (patient, lesion). A member is
// one posterior sample of one fold's training. OOF (out-of-fold) predictions
// of an image come from the one fold that did not train on it; test images get
// the mean over the members of all folds.
//
// Invariants: no group stands in two folds. An out-of-fold table has exactly
// one row for each training image of the folds that ran. Everything is joined
// by image_name, never by position, so the order of files and of rows in them
// changes no value. Probabilities are averaged over views within a member and
// then over members; models count equally, however many members they have.
// Which weights of a model are scored (the last epoch's) is decided before the
// fold it scores is looked at: nothing here selects on that fold. Blend
// weights are fitted on out-of-fold rows alone, and their gain is estimated on
// folds that the weights of that estimate did not see.
//
// Ties: ranks are mean ranks of equal values, over all rows of a table,
// divided by their number.
//
// Errors: wrong files and rows are faults of kind Input that name file, row or
// image; wrong settings are of kind Usage. Nothing panics.
//
// Determinism: every random choice comes from the configured seed through
// package rng, and no result depends on map order, workers or the clock.
//
// References: scikit-learn's StratifiedGroupKFold; Caruana et al., Ensemble
// Selection from Libraries of Models (2004); Deotte's triple-stratified
// TFRecords of the SIIM-ISIC 2020 data.
package cv
