package data

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"melanoma/internal/fault"
)

// SynthConfig says what [Synth] draws. [DefaultSynth] holds the defaults.
type SynthConfig struct {
	Images            int     `yaml:"images" json:"images"`                           // pictures in all, training and test; at least 8
	Size              int     `yaml:"size" json:"size"`                               // width and height in pixels; 16 to 2048
	Seed              uint64  `yaml:"seed" json:"seed"`                               // of everything that is drawn
	Prevalence        float64 `yaml:"prevalence" json:"prevalence"`                   // share of melanomas, in [0, 1]; 0.018 in ISIC 2020
	LabelNoise        float64 `yaml:"label_noise" json:"label_noise"`                 // share of melanomas whose label changes places with a benign lesion's; in [0, 0.5]
	TestFraction      float64 `yaml:"test_fraction" json:"test_fraction"`             // share of pictures, by whole patients, that go to the test list; in [0, 0.9]
	LesionsPerPatient float64 `yaml:"lesions_per_patient" json:"lesions_per_patient"` // mean; at least 1
	Workers           int     `yaml:"-" json:"-"`                                     // pictures drawn at a time; 0 takes all processors; no effect on the result
}

// DefaultSynth returns the demo's settings: 400 pictures of 128 pixels, a
// quarter of them melanomas, one label of a melanoma in twenty wrong, 15% of the
// pictures for testing, four lesions a patient.
func DefaultSynth() SynthConfig {
	return SynthConfig{
		Images: 400, Size: 128, Seed: 1, Prevalence: 0.25, LabelNoise: 0.05,
		TestFraction: 0.15, LesionsPerPatient: 4,
	}
}

// Validate reports the first setting outside its range.
func (c SynthConfig) Validate() error {
	for _, s := range []struct {
		key  string
		ok   bool
		want string
	}{
		{"images", c.Images >= 8 && c.Images <= 1_000_000, "from 8 to 1000000"},
		{"size", c.Size >= 16 && c.Size <= 2048, "from 16 to 2048 pixels"},
		{"prevalence", c.Prevalence >= 0 && c.Prevalence <= 1, "in [0, 1]"},
		{"label_noise", c.LabelNoise >= 0 && c.LabelNoise <= 0.5, "in [0, 0.5]"},
		{"test_fraction", c.TestFraction >= 0 && c.TestFraction <= 0.9, "in [0, 0.9]"},
		{"lesions_per_patient", c.LesionsPerPatient >= 1 && c.LesionsPerPatient <= 1000, "from 1 to 1000"},
	} {
		if !s.ok {
			return fault.New(fault.Usage, "set "+s.key+" to a number "+s.want, "data: synth: %s must be %s", s.key, s.want)
		}
	}
	return nil
}

// Synth draws lesion-like pictures with their CSV files into dir, in the
// Kaggle layout: train.csv, test.csv, jpeg/train/*.jpg, jpeg/test/*.jpg.
//
// A melanoma differs from a benign lesion by degrees of asymmetry, border
// irregularity, colour variegation and diameter (Stolz et al. 1994, the ABCD
// rule), which overlap; skin tone belongs to the patient; hair, vignette,
// light and sharpness are independent of the diagnosis. The pictures are for
// trying the program out and say nothing about skin.
//
// Every file depends on the configuration (without Workers) and on its image
// alone. A file appears complete or not at all and the CSV files come last, so
// an interrupted call followed by another gives the same folder. Other files
// in dir are left alone.
func Synth(ctx context.Context, dir string, c SynthConfig) error {
	if err := c.Validate(); err != nil {
		return err
	}
	for _, split := range []string{"train", "test"} {
		if err := os.MkdirAll(filepath.Join(dir, "jpeg", split), 0o777); err != nil {
			return synthWriteError(err)
		}
	}
	rows := synthPlan(c)
	if err := synthPictures(ctx, dir, c, rows); err != nil {
		return err
	}
	return synthTables(dir, rows)
}

// synthPictures draws and writes all pictures and returns the first error by
// row, whichever worker met it.
func synthPictures(ctx context.Context, dir string, c SynthConfig, rows []synthRow) error {
	workers := c.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	errs := make([]error, len(rows))
	next := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range next {
				errs[i] = synthPicture(dir, c, rows[i])
			}
		})
	}
	for i := range rows {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	group.Wait()
	if err := ctx.Err(); err != nil {
		return fault.New(fault.Stopped, "run the same command again", "data: synth: stopped: %w", err)
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func synthWriteError(err error) error {
	return fault.New(fault.Program, "check that the folder is writable and the disk has room", "data: synth: %w", err)
}

// synthName is the name of picture i; it cannot be taken for an ISIC one.
func synthName(i int) string { return fmt.Sprintf("SYNTH_%06d", i) }
