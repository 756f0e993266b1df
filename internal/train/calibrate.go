package train

import (
	"context"

	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/models"
)

// Pictures are images for a network, at its size and normalised.
type Pictures struct {
	Count int
	Size  int                                 // pixels
	Load  func(i int, pixels []float32) error // writes picture i as [Size,Size,3]
}

// RestoreBatchNorm puts a BatchNorm behind each convolution from which an
// exporter folded it away (see [models.Net.UnfoldBatchNorm]), with the mean
// and variance of the convolution's output over the pictures. The function in
// evaluation mode stays. All statistics are those of that function: no layer
// sees another one normalised by its batch. It returns how many were put back.
// Cancelling ctx gives a fault.Stopped error.
func RestoreBatchNorm(ctx context.Context, net *models.Net, weights models.Weights, p Pictures, workers int) (*models.Net, models.Weights, int, error) {
	if p.Count < 1 {
		return nil, nil, 0, fault.New(fault.Input, "some hundred give good statistics", "train: no calibration picture")
	}
	unfolded, w, names, err := net.UnfoldBatchNorm(weights)
	if err != nil {
		return nil, nil, 0, err
	}
	c := &calibration{net: unfolded, pictures: p, pool: exec.NewPool(workers)}
	defer c.pool.Close()
	if err := c.run(ctx, w); err != nil {
		return nil, nil, 0, err
	}
	for _, name := range names {
		m := c.moments[unfolded.Layer(name).Params[2]]
		unfolded.SetStatistics(w, name, m.mean, m.variance())
	}
	return unfolded, w, len(names), nil
}

// calibration adds up moments over pictures.
type calibration struct {
	net      *models.Net
	pictures Pictures
	pool     *exec.Pool
	store    *exec.Store
	moments  map[string]*moments // by running mean
}

// calibrationBatch is the number of pictures a pass.
const calibrationBatch = 16

func (c *calibration) run(ctx context.Context, w models.Weights) error {
	c.moments = map[string]*moments{}
	for first := 0; first < c.pictures.Count; {
		n := calibrationBatch
		if rest := c.pictures.Count - first; rest < n {
			n = rest
		}
		end := first + (c.pictures.Count-first)/n*n
		if err := c.batches(ctx, w, first, end, n); err != nil {
			return err
		}
		first = end
	}
	return nil
}

// batches goes over pictures first to end, n at a time.
func (c *calibration) batches(ctx context.Context, w models.Weights, first, end, n int) error {
	p, err := c.net.Instantiate(models.Instance{Batch: n, Size: c.pictures.Size, Observe: true})
	if err != nil {
		return err
	}
	if c.store == nil {
		c.store = exec.NewStore(p)
		if err := c.store.Load(w); err != nil {
			return err
		}
	}
	m, err := exec.Compile(p, c.store, c.pool)
	if err != nil {
		return err
	}
	pixels := m.Input("images")
	each := len(pixels) / n
	for ; first < end; first += n {
		if ctx.Err() != nil {
			return fault.New(fault.Stopped, "run the same command again", "train: calibration stopped at picture %d of %d", first, c.pictures.Count)
		}
		for i := range n {
			if err := c.pictures.Load(first+i, pixels[i*each:(i+1)*each]); err != nil {
				return err
			}
		}
		if err := m.Run(0); err != nil {
			return err
		}
		for i, b := range p.BatchNorms {
			c.add(b.Mean, m.Statistics(i), b.Count)
		}
	}
	return nil
}

func (c *calibration) add(name string, stats []float32, count int) {
	if c.moments[name] == nil {
		c.moments[name] = newMoments(len(stats) / 2)
	}
	c.moments[name].add(stats, float64(count))
}

// moments are count, mean and summed squared deviation of each channel.
type moments struct {
	count        float64
	mean, square []float64
}

func newMoments(channels int) *moments {
	return &moments{mean: make([]float64, channels), square: make([]float64, channels)}
}

// add joins a batch's statistics [2,C], mean and biased variance of count
// values a channel (Chan, Golub, LeVeque 1983, equations 2.1).
func (m *moments) add(stats []float32, count float64) {
	total := m.count + count
	for c := range m.mean {
		d := float64(stats[c]) - m.mean[c]
		m.mean[c] += d * count / total
		m.square[c] += float64(stats[len(m.mean)+c])*count + d*d*m.count*count/total
	}
	m.count = total
}

// variance is the unbiased one, as running statistics hold it.
func (m *moments) variance() []float64 {
	v := make([]float64, len(m.square))
	for c, s := range m.square {
		v[c] = s / max(1, m.count-1)
	}
	return v
}
