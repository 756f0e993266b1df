package pipeline

import (
	"cmp"
	"context"
	"fmt"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/fault"
	"melanoma/internal/train"
	"melanoma/models"
)

// Calibration names the pictures from which BatchNorm is put back.
type Calibration struct {
	Paths    []string // pictures and folders of pictures
	Count    int      // at most so many, evenly spread over the sorted list; 0 is all
	Size     int      // pixels; 0 is the network's own
	Stored   int      // size at which a run stores its pictures, before it resizes them to Size; 0 is Size
	Workers  int
	Progress Progress
}

// Restored is a network with its BatchNorms.
type Restored struct {
	Net      *models.Net
	Weights  models.Weights
	Norms    int // that were put back
	Pictures int
}

// RestoreBatchNorm puts the BatchNorms back that an exporter folded into the
// convolutions, with statistics over pictures prepared as the network wants
// them. The function stays.
func RestoreBatchNorm(ctx context.Context, net *models.Net, weights models.Weights, c Calibration) (*Restored, error) {
	files, err := findPictures(c.Paths)
	if err != nil {
		return nil, err
	}
	files = spread(files, c.Count)
	size := cmp.Or(c.Size, net.InputSize)
	decoder, normalize := data.NewDecoder(cmp.Or(c.Stored, size)), augment.Normalize{Mean: net.Mean, Std: net.Std}
	plain, err := augment.NewAugmenter(augment.None(), size)
	if err != nil {
		return nil, err
	}
	bar := c.Progress.Start("calibrate", "pictures", len(files))
	pictures := train.Pictures{Count: len(files), Size: size, Load: func(i int, pixels []float32) error {
		p, err := decoder.File(ctx, files[i])
		if err != nil {
			return fault.New(fault.Input, "leave out what is no whole JPEG or PNG file", "pipeline: calibrate: %s: %w", files[i], err)
		}
		im := p.Image
		plain.Apply(pixels, im.Pix, im.Width, im.Height, plain.Draw(0, im.Width, im.Height), normalize)
		bar.Set(i+1, len(files))
		return nil
	}}
	restored, w, norms, err := train.RestoreBatchNorm(ctx, net, weights, pictures, c.Workers)
	bar.Done("")
	if err != nil {
		return nil, fmt.Errorf("pipeline: restore BatchNorm of %s: %w", net.Name, err)
	}
	return &Restored{Net: restored, Weights: w, Norms: norms, Pictures: len(files)}, nil
}

// spread picks count files at even distances.
func spread(files []string, count int) []string {
	if count == 0 || count >= len(files) {
		return files
	}
	out := make([]string, count)
	for i := range out {
		out[i] = files[i*len(files)/count]
	}
	return out
}
