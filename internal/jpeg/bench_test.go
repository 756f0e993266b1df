package jpeg

import (
	"bytes"
	"context"
	"image"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"melanoma/internal/kernel"
	"melanoma/internal/numtest"
)

// benchFiles are files of HAM10000 (200 x 150 pixels, 4:2:0).
func benchFiles(b *testing.B) (files [][]byte) {
	b.Helper()
	names, err := filepath.Glob(filepath.Join(numtest.Shared(b, "data/ham10000/images"), "*.jpg"))
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names[:min(200, len(names))] {
		content, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, content)
	}
	return files
}

func BenchmarkDecode(b *testing.B) {
	files := benchFiles(b)
	for _, path := range kernel.Available() {
		b.Run(path, func(b *testing.B) {
			defer use(b, path)()
			d := new(Decoder)
			b.ReportAllocs()
			for i := range b.N {
				if _, _, _, err := d.RGB(context.Background(), files[i%len(files)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("image-jpeg", func(b *testing.B) { // planes only, without RGB
		b.ReportAllocs()
		for i := range b.N {
			if _, _, err := image.Decode(bytes.NewReader(files[i%len(files)])); err != nil {
				b.Fatal(err)
			}
		}
	})
}
