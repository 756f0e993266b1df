package data

import (
	"math"

	"melanoma/internal/artifact"
)

// Row is one image without its pixels.
type Row struct {
	ImageName string
	Group     string  // patient or lesion; the image's own name where the CSV has none
	Diagnosis string  // as in the CSV, after Config.DiagnosisMap; "" unknown
	Target    int32   // index into the classes; -1 unknown
	Positive  bool    // Target is the positive class
	Test      bool    // of the test set
	Sex       string  // "male", "female", "" unknown, else as the CSV has it in lower case
	Age       float32 // years; NaN unknown
	Site      string  // "" unknown
	Tfrecord  int32   // Deotte's record; -1 marks a duplicate, -2 that there is none

	CSVRow       int32  // row of the CSV file; the header is row 1
	File         string // name of the file under its folder of images
	FileBytes    int64
	FileSHA256   string // of the file's content, in hexadecimal
	SourceWidth  int32  // of the picture in the file, before its EXIF orientation
	SourceHeight int32
}

// absent values of a row.
const (
	noTarget   = -1
	noTfrecord = -2
)

var unknownAge = float32(math.NaN())

// columns of the images table other than the pixels, in order.
var rowColumns = []string{
	"image_name", "patient_id", "diagnosis", "target", "positive", "sex", "age", "site", "tfrecord", "csv_row",
	"file", "file_bytes", "file_sha256", "source_width", "source_height", "height", "width",
}

// The column of the pictures: raw, or the files that they came in.
const (
	pixelColumn   = "pixels"
	encodedColumn = "encoded"
)

// collect returns one field of every row.
func collect[T any](rows []Row, field func(*Row) T) []T {
	out := make([]T, len(rows))
	for i := range rows {
		out[i] = field(&rows[i])
	}
	return out
}

// rowTable returns rows and their pictures, which are size x size, in a
// column of the given name, as a table.
func rowTable(m artifact.Meta, rows []Row, size int, column string, pictures [][]byte) *artifact.Table {
	side := make([]int32, len(rows))
	for i := range side {
		side[i] = int32(size)
	}
	return artifact.NewTable(m).
		String("image_name", collect(rows, func(r *Row) string { return r.ImageName })).
		String("patient_id", collect(rows, func(r *Row) string { return r.Group })).
		String("diagnosis", collect(rows, func(r *Row) string { return r.Diagnosis })).
		Int32("target", collect(rows, func(r *Row) int32 { return r.Target })).
		Bool("positive", collect(rows, func(r *Row) bool { return r.Positive })).
		String("sex", collect(rows, func(r *Row) string { return r.Sex })).
		NullFloat32("age", collect(rows, func(r *Row) float32 { return r.Age })).
		String("site", collect(rows, func(r *Row) string { return r.Site })).
		Int32("tfrecord", collect(rows, func(r *Row) int32 { return r.Tfrecord })).
		Int32("csv_row", collect(rows, func(r *Row) int32 { return r.CSVRow })).
		String("file", collect(rows, func(r *Row) string { return r.File })).
		Int64("file_bytes", collect(rows, func(r *Row) int64 { return r.FileBytes })).
		String("file_sha256", collect(rows, func(r *Row) string { return r.FileSHA256 })).
		Int32("source_width", collect(rows, func(r *Row) int32 { return r.SourceWidth })).
		Int32("source_height", collect(rows, func(r *Row) int32 { return r.SourceHeight })).
		Int32("height", side).Int32("width", side).
		Bytes(column, pictures)
}

// columnReader reads the columns of a table and keeps the first error.
type columnReader struct {
	table *artifact.Table
	err   error
}

func column[T any](c *columnReader, read func(string) ([]T, error), name string) []T {
	v, err := read(name)
	if c.err == nil {
		c.err = err
	}
	if err != nil {
		return make([]T, c.table.Len())
	}
	return v
}

// tableRows is the inverse of rowTable, without the pictures.
func tableRows(t *artifact.Table, test bool) ([]Row, error) {
	c := &columnReader{table: t}
	names, groups, diagnoses := column(c, t.Strings, "image_name"), column(c, t.Strings, "patient_id"), column(c, t.Strings, "diagnosis")
	targets, positives := column(c, t.Int32s, "target"), column(c, t.Bools, "positive")
	sexes, ages, sites := column(c, t.Strings, "sex"), column(c, t.Float32s, "age"), column(c, t.Strings, "site")
	tfrecords, csvRows := column(c, t.Int32s, "tfrecord"), column(c, t.Int32s, "csv_row")
	files, bytes, hashes := column(c, t.Strings, "file"), column(c, t.Int64s, "file_bytes"), column(c, t.Strings, "file_sha256")
	widths, heights := column(c, t.Int32s, "source_width"), column(c, t.Int32s, "source_height")
	if c.err != nil {
		return nil, c.err
	}
	rows := make([]Row, t.Len())
	for i := range rows {
		rows[i] = Row{
			ImageName: names[i], Group: groups[i], Diagnosis: diagnoses[i], Target: targets[i], Positive: positives[i], Test: test,
			Sex: sexes[i], Age: ages[i], Site: sites[i], Tfrecord: tfrecords[i], CSVRow: csvRows[i],
			File: files[i], FileBytes: bytes[i], FileSHA256: hashes[i], SourceWidth: widths[i], SourceHeight: heights[i],
		}
	}
	return rows, nil
}
