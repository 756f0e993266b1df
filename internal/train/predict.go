package train

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime/debug"

	"melanoma/augment"
	"melanoma/data"
	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/models"
)

// Prediction applies a trained task's posterior samples to rows.
type Prediction struct {
	Dir      string // folder of the training
	Samples  int    // posterior samples in it
	Store    *data.Store
	Rows     []int
	Metadata *data.MetaEncoder // as in the training
	Views    int               // test-time views, 1 to augment.Views
	Batch    int
	BFloat16 bool // multiply in bfloat16
	Workers  int
	Progress func(done, total int) // images times samples; may be nil
}

// Draws holds every logit of a prediction, in the order image, view, sample
// of the table of draws.
type Draws struct {
	Rows                    []int // indices in the store
	Views, Samples, Classes int
	Logits                  []float32 // [rows, views, samples, classes]
}

// Predict computes the draws. Cancelling ctx gives a fault.Stopped error.
func Predict(ctx context.Context, p Prediction) (*Draws, error) {
	if p.Views < 1 || p.Views > augment.Views {
		return nil, fault.New(fault.Usage, "1 scores the picture as it is, 8 all its orientations", "train: predict: %d views", p.Views)
	}
	d := &Draws{Rows: p.Rows, Views: p.Views, Samples: p.Samples}
	pool := exec.NewPool(p.Workers)
	defer pool.Close()
	for s := range p.Samples {
		net, weights, err := ReadWeights(filepath.Join(p.Dir, WeightsFile(s)))
		if err != nil {
			return nil, err
		}
		if d.Logits == nil {
			d.Classes = net.Classes
			d.Logits = make([]float32, len(p.Rows)*p.Views*p.Samples*net.Classes)
		}
		if net.Classes != d.Classes {
			return nil, fault.New(fault.Input, "train the model again", "train: sample %d of %s has %d classes, sample 0 has %d", s, p.Dir, net.Classes, d.Classes)
		}
		if err := p.sample(ctx, s, net, weights, pool, d); err != nil {
			if ctx.Err() != nil {
				return nil, fault.New(fault.Stopped, "run the same command again", "train: prediction stopped at sample %d of %d", s, p.Samples)
			}
			return nil, err
		}
	}
	return d, nil
}

// sample fills in the draws of one posterior sample.
func (p Prediction) sample(ctx context.Context, s int, net *models.Net, weights models.Weights, pool *exec.Pool, d *Draws) error {
	e := evaluator{net: net, weights: weights, pool: pool, size: net.InputSize, batch: max(1, min(p.Batch, len(p.Rows))), bfloat16: p.BFloat16}
	loader, err := p.Store.NewLoader(data.LoaderConfig{Rows: p.Rows, Batch: e.batch, Size: e.size, Meta: p.Metadata, Workers: p.Workers,
		Normalize: augment.Normalize{Mean: net.Mean, Std: net.Std}})
	if err != nil {
		return err
	}
	done := 0
	for b, err := range loader.Epoch(ctx, 0, 0) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for v := range p.Views {
			logits, err := e.view(b, v)
			if err != nil {
				return err
			}
			for i := range b.N {
				copy(d.at(done+i, v, s), logits[i*d.Classes:(i+1)*d.Classes])
			}
		}
		done += b.N
		if p.Progress != nil {
			p.Progress(s*len(p.Rows)+done, p.Samples*len(p.Rows))
		}
	}
	if done != len(p.Rows) {
		return fmt.Errorf("train: predict: %d of %d rows were loaded", done, len(p.Rows))
	}
	return ctx.Err()
}

// at returns the logits of one row, view and sample.
func (d *Draws) at(row, view, sample int) []float32 {
	i := ((row*d.Views+view)*d.Samples + sample) * d.Classes
	return d.Logits[i : i+d.Classes]
}

// evaluator runs a network in evaluation mode on batches of at most `batch`
// images. Without a store it makes one from the weights.
type evaluator struct {
	net      *models.Net
	weights  models.Weights
	store    *exec.Store
	pool     *exec.Pool
	size     int
	batch    int
	bfloat16 bool
	machine  *exec.Machine
	turned   []float32
}

func (e *evaluator) compile() error {
	p, err := e.net.Instantiate(models.Instance{Batch: e.batch, Size: e.size})
	if err != nil {
		return err
	}
	if e.store == nil {
		e.store = exec.NewStore(p)
		if err := e.store.Load(e.weights); err != nil {
			return err
		}
		e.weights = nil
		debug.FreeOSMemory() // large networks: give back the second copy of the weights
	}
	var options []exec.Option
	if e.bfloat16 {
		options = append(options, exec.BFloat16())
	}
	e.machine, err = exec.Compile(p, e.store, e.pool, options...)
	return err
}

// run returns the logits [n,K] of n images, valid until the next run. Rows
// beyond n are computed from what lies in the input and are of no use.
func (e *evaluator) run(x, meta []float32, n int) ([]float32, error) {
	if e.machine == nil {
		if err := e.compile(); err != nil {
			return nil, err
		}
	}
	copy(e.machine.Input("images"), x)
	copy(e.machine.Input("meta"), meta)
	if err := e.machine.Run(0); err != nil {
		return nil, err
	}
	return e.machine.Logits()[:n*e.net.Classes], nil
}

// view runs one test-time view of a batch.
func (e *evaluator) view(b *data.Batch, v int) ([]float32, error) {
	if v == 0 {
		return e.run(b.X, b.Meta, b.N)
	}
	per := e.size * e.size * 3
	if e.turned == nil {
		e.turned = make([]float32, e.batch*per)
	}
	for i := range b.N {
		augment.View(e.turned[i*per:(i+1)*per], b.X[i*per:(i+1)*per], e.size, 3, v)
	}
	return e.run(e.turned[:b.N*per], b.Meta, b.N)
}

// crossEntropy is -log p, with p kept above the smallest normal number so that
// one hopeless image leaves the mean finite.
func crossEntropy(p float64) float64 { return -math.Log(max(p, 1e-300)) }
