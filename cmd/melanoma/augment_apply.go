package main

import (
	"context"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/pipeline"
)

type augmentApplyOptions struct{ transform, params, mode string }

func (a *app) runAugmentApply(o augmentApplyOptions, in, out string) error {
	if o.transform == "" {
		return usage("--transform clahe --params '{\"clip_limit\": 2}'; transforms: "+strings.Join(append(augment.OpNames(), "recipe"), ", "), "no --transform")
	}
	if o.mode != augment.ModeParity && o.mode != augment.ModeFast {
		return usage("--mode parity or --mode fast", "unknown mode %q", o.mode)
	}
	params := []byte(o.params)
	if file, ok := strings.CutPrefix(o.params, "@"); ok {
		var err error
		if params, err = os.ReadFile(file); err != nil {
			return usage("`melanoma trace --json` prints records of views", "--params: %w", err)
		}
	}
	draw, err := augment.ParseOp(o.transform, params, fieldsBeside(in))
	if err != nil {
		return err
	}
	if o.mode == augment.ModeFast {
		draw = draw.Fast()
	}
	im, err := readPicture(in)
	if err != nil {
		return err
	}
	if err := draw.Fits(im.Width, im.Height); err != nil {
		return err
	}
	if a.dry("apply %s to %s and write %s", o.transform, in, out) {
		return nil
	}
	im = draw.Image(im)
	n, normalized := draw.Normalization()
	if !normalized {
		return writePNG(out, im)
	}
	hwc := make([]float32, len(im.Pix))
	n.Into(hwc, im)
	return writeNPY(out, &array{shape: []int{im.Height, im.Width, 3}, data: hwc})
}

// fieldsBeside reads the arrays that a record names, relative to its picture.
func fieldsBeside(picture string) augment.FieldReader {
	return func(name string) ([]float64, []int, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(picture), name)
		}
		t, err := readTensor(name)
		if err != nil {
			return nil, nil, err
		}
		shape, err := t.Shape()
		if err != nil {
			return nil, nil, err
		}
		values, err := t.Float64s()
		return values, shape, err
	}
}

// readPicture decodes a PNG or JPEG file as ingest does, at its own size.
func readPicture(path string) (augment.Image, error) {
	p, err := data.NewDecoder(0).File(context.Background(), path)
	if err != nil {
		return augment.Image{}, fault.New(fault.Input, "give a PNG or JPEG file", "read picture %s: %w", path, err)
	}
	return p.Image, nil
}

// writePNG writes a picture, whole or not at all.
func writePNG(path string, im augment.Image) error {
	return artifact.WriteFile(path, func(w io.Writer) error { return png.Encode(w, pipeline.ToRGBA(im)) })
}
