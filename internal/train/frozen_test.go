package train

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/bayes"
	"melanoma/internal/exec"
	"melanoma/internal/kernel"
	"melanoma/models"
)

// TestFrozenBatchNormAgreesWithTorch compares a step with every BatchNorm in
// evaluation mode with testdata/frozen_batchnorm.py: logits, gradients of all
// parameters and the losses before and after a step of Adam.
func TestFrozenBatchNormAgreesWithTorch(t *testing.T) {
	for i, path := range kernel.Available() {
		t.Run(path, func(t *testing.T) {
			restore, err := kernel.Use(path)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			r := newGoldenRun(t, "testdata/frozen_batchnorm.json")
			for name, affine := range map[string]bool{"adam_losses_lr1e-4": true, "frozen_affine_losses": false} {
				if !affine && i > 0 {
					continue // the same kernels, fewer of them
				}
				m, s := r.frozen(t, affine)
				before := slices.Clone(s.Buffers())
				want := r.AdamLosses
				if !affine {
					want = r.FrozenAffine
				}
				losses := r.adam(t, m, s, len(want))
				for i := range want {
					r.compare(t, name, i, losses[i:i+1], want[i:i+1])
				}
				if !slices.Equal(before, s.Buffers()) {
					t.Errorf("%s: what is frozen moved", name)
				}
			}
		})
	}
}

// frozen returns the training machine with frozen statistics, filled, and
// compares its first run.
func (r *goldenRun) frozen(t *testing.T, affine bool) (*exec.Machine, *exec.Store) {
	t.Helper()
	keep, err := Config{FreezeBatchNormAffine: !affine}.frozen(r.net)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.net.Instantiate(models.Instance{Batch: r.Input[0], Size: r.Input[2], Train: true, Targets: true, FrozenNorm: true, Frozen: keep})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Differentiate(); err != nil {
		t.Fatal(err)
	}
	s := exec.NewStore(p)
	m, err := exec.Compile(p, s, r.pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(r.weights); err != nil {
		t.Fatal(err)
	}
	copy(m.Input("images"), r.images)
	for i, target := range r.Targets {
		m.Input("targets")[i*r.net.Classes+target] = 1
		m.Input("row_weights")[i] = 1
	}
	run(t, m)
	r.compare(t, "train_logits", 0, m.Logits(), flatten(r.TrainLogits))
	r.compare(t, "train_loss", 0, []float32{m.Loss()}, []float64{r.TrainLoss})
	if affine {
		r.checkGradients(t, s)
	}
	return m, s
}

// adam returns the losses of some runs with a step after each.
func (r *goldenRun) adam(t *testing.T, m *exec.Machine, s *exec.Store, runs int) []float32 {
	t.Helper()
	c := bayes.Default()
	c.Name = "adam"
	rule, err := bayes.NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	u, err := exec.NewUpdater(rule, s, r.pool, s.DecayMask(false), 1)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float32
	for step := range runs {
		run(t, m)
		losses = append(losses, m.Loss())
		u.Step(step, 1e-4, exec.Clip{})
		m.UpdateRunningStatistics(0)
	}
	return losses
}

// TestFrozenBatchNormKeepsTheStatisticsItCameWith trains a network with
// statistics of its own and finds them in the weights that are kept: of an
// optimiser and of a sampler, which recomputes others for its samples.
func TestFrozenBatchNormKeepsTheStatisticsItCameWith(t *testing.T) {
	s := smallStore(t, 30, 32)
	for _, rule := range []string{"adam", "sghmc"} {
		task := smallTask(t, s, rule)
		task.Config.FreezeBatchNorm, task.Config.Batch = true, 4
		if err := Fit(context.Background(), task); err != nil {
			t.Fatal(err)
		}
		net, weights, err := ReadWeights(filepath.Join(task.Dir, WeightsFile(0)))
		if err != nil {
			t.Fatal(err)
		}
		moved := false
		for _, p := range net.Params {
			for _, v := range weights[p.Name] {
				switch p.Role {
				case models.RoleRunningMean:
					if v != 0 {
						t.Fatalf("%s: %s holds %g, it began with 0", rule, p.Name, v)
					}
				case models.RoleRunningVar:
					if v != 1 {
						t.Fatalf("%s: %s holds %g, it began with 1", rule, p.Name, v)
					}
				case models.RoleBNScale:
					moved = moved || v != 1
				}
			}
		}
		if !moved {
			t.Errorf("%s: no scale moved", rule)
		}
	}
}
