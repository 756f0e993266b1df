// Package train fits one network on given rows of a data store and predicts
// others.
//
// Data in: a network's configuration, a store of images, the indices of the
// rows to train on. Data out, in the task's folder: checkpoint.arrow (all that
// a resumed run needs), weights-000.arrow and so on (one file a posterior
// sample; an optimiser's last state is its only one), history.arrow and .csv
// (one row an epoch), log.jsonl (times); and from Predict a table of draws,
// one row an image, view and sample, with logits.
//
// Terms: a step is one update on one batch, which may be computed in several
// micro-batches; an epoch is one pass over the rows, or over what sampling by
// class makes of them. The loss is the mean over the batch. Learning rates are scheduled by
// step or by epoch, see Schedule. This package never sees a fold number: it
// cannot tell which rows will score it.
//
// Invariants: the last epoch is what is kept, unless early stopping is asked
// for; then the best epoch of the watched rows is, and those are part of the
// training rows, never of the rows that are scored.
//
// Checkpoints hold the weights, the running statistics, the rule's state and
// the position; random streams are functions of the seed and the position, so
// a run that was stopped anywhere goes on to the same bytes as one that was
// not. A checkpoint is written after every epoch, at a stop, and every
// CheckpointSeconds between.
//
// Errors: a loss or gradient that is not finite is a *DivergedError, which
// names the first array of the step that is not. A context that is
// cancelled gives a fault.Stopped error after the step in progress.
//
// References: Ha, Liu, Liu (2020), arXiv 2010.05351, for the schedule and the
// head; Maddox et al. (2019), arXiv 1902.02476, section 3.2, for recomputing
// batch statistics of posterior samples.
package train
