package main

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"

	"melanoma/data"
	"melanoma/internal/fault"
	"melanoma/pipeline"
)

// benchStore opens a run's images, or draws some; done closes and removes them.
func (a *app) benchStore(ctx context.Context, o benchOptions) (store *data.Store, done func(), err error) {
	if o.load.run != "" {
		store, err = data.OpenStore(filepath.Join(o.load.run, "images"), 0)
		if err != nil {
			return nil, nil, err
		}
		return store, func() { store.Close() }, nil
	}
	if o.load.images < 1 || o.load.images > 1e5 {
		return nil, nil, usage("--images 64", "--images %d: not 1 to 100000", o.load.images)
	}
	dir, err := os.MkdirTemp("", "melanoma-bench-")
	if err != nil {
		return nil, nil, fault.New(fault.Program, "set TMPDIR to a folder with room", "bench load: %w", err)
	}
	remove := func() { os.RemoveAll(dir) }
	if store, err = a.drawnStore(ctx, o, dir); err != nil {
		remove()
		return nil, nil, err
	}
	return store, func() { store.Close(); remove() }, nil
}

// drawnStore writes JPEG files and ingests them.
func (a *app) drawnStore(ctx context.Context, o benchOptions, dir string) (*data.Store, error) {
	table := "image_name,diagnosis\n"
	for i := range o.load.images {
		name := fmt.Sprintf("%06d", i)
		table += name + "," + []string{"nevus", "melanoma"}[i%2] + "\n"
		content, err := syntheticJPEG(o.source, uint64(i))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".jpg"), content, 0o600); err != nil {
			return nil, fault.New(fault.Program, "set TMPDIR to a folder with room", "bench load: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte(table), 0o600); err != nil {
		return nil, fault.New(fault.Program, "set TMPDIR to a folder with room", "bench load: %w", err)
	}
	c := data.Default()
	c.Root, c.TestCSV, c.Images, c.Size, c.Store = dir, "", ".", o.load.stored, o.load.store
	c.Columns = data.ColumnMap{ImageName: "image_name", Diagnosis: "diagnosis"}
	images := filepath.Join(dir, "images")
	if _, err := data.Ingest(ctx, c, images, data.Options{Workers: a.workers()}); err != nil {
		return nil, err
	}
	return data.OpenStore(images, 0)
}

func syntheticJPEG(size int, seed uint64) ([]byte, error) {
	var file bytes.Buffer
	err := jpeg.Encode(&file, pipeline.ToRGBA(syntheticPicture(size, seed)), &jpeg.Options{Quality: 90})
	return file.Bytes(), err
}
