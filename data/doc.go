// Package data turns CSV rows and image files into Arrow tables and tables
// into batches; it owns the names of their columns.
//
// Data in: CSV files in any layout that a [ColumnMap] describes, JPEG and PNG
// files. Data out: the images table (train-00000.arrow, test-00000.arrow, ...)
// through [Ingest]; rows and pictures of it through [Store], batches through
// [Loader].
//
// Columns of the images table: image_name, patient_id (the group), diagnosis
// (string), target (int32, class index, -1 unknown), positive (bool), sex
// ("male", "female", "" unknown, else as the CSV has it), age (float32 in years, null unknown), site (string,
// "" unknown), tfrecord (int32, -2 absent, -1 marks a duplicate), csv_row
// (int32), file (string, under the folder of images), file_bytes (int64),
// file_sha256 (string), source_width, source_height, height, width (int32),
// and either pixels (binary, uint8 RGB [height, width, 3]) or encoded (binary,
// the image file as it came: data.store). The metadata of the schema holds the
// class list, the positive class, how pictures are stored and the hashes of all
// inputs.
//
// Terms: a row is one image; its group is the patient or the lesion, which
// must never stand on both sides of a split; a bad row is one whose CSV
// fields or image file cannot be used. CSV rows are counted as a spreadsheet
// does: the header is row 1.
//
// Missing fields: an empty group makes the image a group of its own, under
// its own name; an empty age, sex or site is unknown. "NA", "NaN" and "null"
// are empty, "unknown" is too for sex and age.
//
// Bad rows: all are found before anything is said; then either nothing is
// written (on_bad_image: fail) or rows with a bad image are left out and
// listed in skipped.csv (on_bad_image: skip). A CSV field that makes no sense
// always fails.
//
// Pictures: the type is read from the first bytes, never from the name; the
// orientation of the EXIF header is applied; greyscale and CMYK become RGB, an
// alpha channel is dropped; the picture is resized to a square, whatever its
// shape was. [Decoder] is the one place where that is done, for new pictures
// as well.
//
// Sizes: pictures are stored, or come out of the decoder, with the side
// data.size; a network takes another side S, to which a batch's pictures are
// resized after their augmentation.
//
// Storage: raw pixels are read from their place in the file, one read a
// picture, and kept by the operating system's cache alone. Files take less room
// and are decoded whenever a picture is wanted, by the decoder of the ingest,
// so that the bytes are the same; a bounded cache of decoded pictures then
// keeps the first that were read.
//
// Memory: ingest holds at most 384 MiB of pictures being decoded (a larger
// one is refused), one record batch (about 1 MiB) and, for each worker, a few
// pictures and at most 16 MiB that its JPEG decoder uses again. A store holds the rows without pixels and the cache; a [Loader] three
// batches and, for each worker, a few pictures ([Store.LoaderBytes]).
//
// Batches: X is float32 [N, S, S, 3] in RGB order, (v/255 - mean) / std. A
// loader may mix the pictures of a batch with one another (augment.MixConfig);
// the batch then says what each picture is made of. Metadata is not mixed.
//
// Determinism: the bytes of every file and of every batch depend on the
// inputs, the configuration and the seed, never on the number of workers. The
// order of an epoch comes from (seed, epoch), and with it which rows of a
// [Stratum] it shows; the augmentation of an image from (seed, epoch,
// image_name), and of one that an epoch shows again from how often it did; the
// mixing of two pictures from the keys of their augmentation. Which pictures
// meet depends on the order and the number of rows a batch.
//
// Errors: wrong configuration is a usage fault, wrong data an input fault.
package data
