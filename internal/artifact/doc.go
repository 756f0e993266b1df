// Package artifact writes and reads the tables that pass between the stages
// of a run: Arrow IPC files, written atomically, each with the version of its
// schema, its producer and the hashes of its inputs.
//
// Data in and out: a [Table] is a [Meta] and named columns of equal length,
// held in plain Go slices. No Arrow type leaves this package, and every Retain
// and Release is in it.
//
// Terms: a record batch is a run of rows stored together ("row group"); the
// kind says which table a file holds ("images", "folds", "draws", ...).
//
// Files are the Arrow IPC file format, uncompressed, little endian, readable
// by pyarrow, polars and DuckDB as they are. Meta is the schema's metadata
// under the keys melanoma.kind, melanoma.version, melanoma.producer,
// melanoma.inputs (a JSON object with sorted keys) and melanoma.extra.<key>
// in the order of the keys, so equal tables are equal bytes. Column types are
// utf8, int32, int64, float32, float64, bool, binary, fixed_size_list<float32>
// and list<float32>; only float32 columns may hold nulls, which are NaN in Go.
//
// Reading: Arrow's Go reader copies a whole record batch twice, cannot read
// some columns alone, and believes the lengths in a damaged footer, so that it
// may ask for more memory than there is. [Reader] therefore takes the schema
// and the place of every buffer from the file's own messages, checking each:
// it reads the ranges of the wanted columns straight from the file, into the
// slices that it hands out; [Reader.Places] finds the values of a binary column
// and [Reader.ReadPlace] reads one of them, straight from its place. A reader holds the columns' names and the places of the record
// batches, nothing else. Arrow's reader is the reference of the tests.
//
// Schema versions: a file of a newer version than [KnownVersion] is refused,
// an older one is for the caller of the kind to interpret.
//
// Crashes: a file appears under its name only when it is complete: it is
// written as .<name>.tmp in the same folder, synced, renamed, and the folder
// is synced. What a killed writer leaves is overwritten by the next one, so
// two processes must not write one name at the same time.
//
// Errors: a missing, damaged or foreign file is an input fault that names the
// file, never a panic; a full disk or an unwritable folder is a program fault
// with a hint. The format has no checksums: damage inside the values shows
// only in the file's hash ([HashFile]), which the run's ledger keeps.
//
// Determinism: no clock, no map order; the same tables give the same bytes.
//
// References: Apache Arrow columnar format 1.4, sections "IPC File Format"
// and "Encapsulated message format"; FlatBuffers internals.
package artifact
