// Package augment changes pictures at random for training and orients them
// for testing: pure functions of pixels and recorded parameters.
//
// Data in: 8-bit RGB pictures, or one normalised float32 picture [H,W,C].
// Data out: new pictures of the same kind; nothing aliases the input.
//
// Terms: a [Config] says how likely each step is and how far it may go; a
// [Draw] is what one picture gets. Drawing (from a generator) and applying
// (without one) are apart, so a draw can be written to a log as JSON, read
// back and applied again with the same bytes as result. A view is one of the
// eight orientations of a square used at test time.
//
// Coordinates: pixel (x, y) is column x of row y, rows from the top. Flips,
// transpose and views move whole pixels: no border mode, no interpolation.
// [Resize], with which stored pictures are made, has the bytes of Pillow's
// BILINEAR ([Resampler]); what follows the augmentation is OpenCV's.
//
// Order of the steps: transpose, vertical flip, horizontal flip, brightness
// and contrast. With the default probabilities the first three reach all
// eight symmetries of the square, each with probability 1/8. Every step keeps
// 8 bits per channel.
//
// Randomness: [Config.Draw] always takes the same six numbers from its
// generator, whichever steps pass their gate, so that changing one
// probability leaves the other draws of a picture alone. Callers key the
// generator by run seed, epoch and image name; results then do not depend on
// the number of workers.
//
// Growth: a further step is one field of Config, one optional field of Draw
// (absent when the step is skipped) and one function from pixels to pixels;
// draws recorded earlier stay readable.
//
// Errors: [Config.Validate] returns a [ConfigError]; a picture whose fields
// disagree is a programming error and panics.
//
// References: Ha, Liu, Liu (2020), arXiv 2010.05351, for the recipe that the
// steps come from and for the order of the test-time views.
package augment
