// Package augment changes pictures at random for training and orients them
// for testing: recipes as data, draws as records, and their application.
//
// Data in: packed 8-bit RGB pictures [H,W,3]. Data out: the network's input,
// float32 [S,S,3], or an 8-bit picture. Inputs are never changed.
//
// Terms: a [Config] is a recipe, a list of [Step]s or the name of a preset. An
// [Op] is one transform with drawn parameters; a [Draw] is the list of Ops that
// one picture gets, and can be written as JSON and read back. An [Augmenter]
// draws and applies one recipe with the memory of one goroutine. A view is one
// of the eight orientations of a square used at test time.
//
// Arithmetic: what albumentations 0.4.6 computes on OpenCV 4.5.5, to the last
// bit, in both modes; the kernels are those of internal/pixel. Every Op takes
// and gives 8 bits a channel. Orientations and tables of levels that follow one
// another are composed, exactly, and carried out in one pass.
//
// Coordinates: pixel (x, y) is column x of row y, rows from the top, pixel
// centres at whole numbers. Borders are reflected without repeating the edge
// (REFLECT_101), but black for [ShiftScaleRotate] and repeated for
// [MedianBlur]. Sampling is bilinear, of 1/32 pixel, without antialiasing.
// [Resize], with which stored pictures are made, is another: it has the bytes of
// Pillow's BILINEAR ([Resampler]).
//
// Randomness: the key of a picture comes from run seed, epoch and image name.
// Every step has its own stream, derived from that key, the steps around it,
// its name and how many of its name stand before it. So neither the number of
// workers nor the order of work changes a draw, and a step that is added,
// removed or made more likely leaves those of the others alone.
//
// Growth: a transform is one Op with its JSON name in kinds, one Step with its
// YAML name in steps, and a primitive of internal/pixel. Records written earlier
// stay readable.
//
// Errors: [Config.Validate] returns a [ConfigError], [ParseOp] and [ParseDraw]
// usage errors of internal/fault. A record applied to a picture that it does
// not fit, see [Draw.Fits], is a programming error and panics.
//
// References: Ha, Liu, Liu (2020), arXiv 2010.05351, for the recipe and the
// order of the test-time views; Buslaev et al. (2020), albumentations; each
// Op and preset names its own.
package augment
