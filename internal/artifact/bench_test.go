package artifact

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// pictures writes 20 batches of 21 pictures of 128 x 128 pixels, as ingest does.
func pictures(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "pictures.arrow")
	like := NewTable(Meta{Kind: "images"}).String("image_name", nil).Bytes("pixels", nil)
	w, err := Create(path, like.Meta, like)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Abort()
	names, pixels := make([]string, 21), make([][]byte, 21)
	for i := range pixels {
		pixels[i] = make([]byte, 3*128*128)
	}
	for range 20 {
		if err := w.Append(NewTable(like.Meta).String("image_name", names).Bytes("pixels", pixels)); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		b.Fatal(err)
	}
	return path
}

func BenchmarkOnePictureByPlace(b *testing.B) {
	r, err := Open(pictures(b), "images")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	places, err := r.Places(3, "pixels")
	if err != nil {
		b.Fatal(err)
	}
	var buffer []byte
	b.ReportAllocs()
	b.SetBytes(3 * 128 * 128)
	for i := 0; b.Loop(); i++ {
		if buffer, err = r.ReadPlace(buffer, places[i%21]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOnePictureByBatch(b *testing.B) {
	r, err := Open(pictures(b), "images")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	b.ReportAllocs()
	b.SetBytes(3 * 128 * 128)
	for i := 0; b.Loop(); i++ {
		if _, err := r.Batch(i%20, "pixels"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOnePictureByArrow is what Arrow's own reader takes for it.
func BenchmarkOnePictureByArrow(b *testing.B) {
	f, err := os.Open(pictures(b))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r, err := ipc.NewFileReader(f)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	b.ReportAllocs()
	b.SetBytes(3 * 128 * 128)
	for i := 0; b.Loop(); i++ {
		record, err := r.RecordAt(i % 20)
		if err != nil {
			b.Fatal(err)
		}
		_ = record.Column(1).(*array.Binary).Value(i % 21)
		record.Release()
	}
}
