// Package report draws a run's curves, tables and pictures into one
// self-contained HTML page.
//
// Data in: an [Input] that the caller fills from the run's tables: the rows
// of every model's out-of-fold file, its training history, the blends, the
// resolved configuration and a function that returns small pictures. The
// package reads no file of a run. Data out: the bytes of one page with its
// style, plots (inline SVG) and pictures (data URIs) inside; it holds no
// script and loads nothing, and its content policy forbids both.
//
// Terms: the positive class is the one that AUC, sensitivity and specificity
// speak of (melanoma); out-of-fold (OOF) means scored by the model of a fold
// that did not train on the image; pooled means over the rows of all folds;
// an operating point is a threshold on the positive class's probability, and
// an image at or above it is called positive. A prediction is wrong where the
// most probable class is not the label. Entropies are in nats. Intervals are
// 95%: DeLong for AUC, Wilson for proportions.
//
// What to watch: thresholds are chosen on the same rows that they are scored
// on, and intervals take images as independent although a patient may have
// several; the page says both.
//
// Invariants: equal inputs give equal bytes; nothing depends on a clock, on
// map order or on the machine. Every text from the input is escaped. Every
// plot's colours are names of the page's style, so that it follows the
// reader's light or dark scheme.
//
// Errors: a contradictory input (a row with the wrong number of
// probabilities, a name that stands twice) is an error that names model and
// row. Missing things (one class absent in a fold, no history, one member
// only, no picture) are no errors: the page says what is missing.
//
// References: Sun and Xu 2014 (DeLong intervals), Wilson 1927 (proportions),
// Depeweg et al. 2018 (entropy decomposition); numbers come from
// internal/metrics.
package report
