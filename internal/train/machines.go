package train

import (
	"melanoma/internal/exec"
	"melanoma/models"
)

// compileBoth returns a training machine with gradients and an evaluation
// machine over one new store.
func compileBoth(net *models.Net, batch, size int, pool *exec.Pool) (training, evaluation *exec.Machine, s *exec.Store, err error) {
	p, err := net.Instantiate(models.Instance{Batch: batch, Size: size, Train: true, Targets: true})
	if err != nil {
		return nil, nil, nil, err
	}
	if err := p.Differentiate(); err != nil {
		return nil, nil, nil, err
	}
	s = exec.NewStore(p)
	if training, err = exec.Compile(p, s, pool); err != nil {
		return nil, nil, nil, err
	}
	e, err := net.Instantiate(models.Instance{Batch: batch, Size: size})
	if err != nil {
		return nil, nil, nil, err
	}
	evaluation, err = exec.Compile(e, s, pool)
	return training, evaluation, s, err
}
