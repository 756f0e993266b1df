package train

import (
	"melanoma/data"
	"melanoma/internal/exec"
)

// fill copies a batch into the machine: images, metadata, smoothed targets
// times alpha and the weights of the rows.
func (tr *trainer) fill(m *exec.Machine, b *data.Batch) {
	copy(m.Input("images"), b.X)
	copy(m.Input("meta"), b.Meta)
	targets, weights := m.Input("targets"), m.Input("row_weights")
	k := tr.net.Classes
	for i := range b.N {
		row := targets[i*k : (i+1)*k]
		clear(row)
		weights[i] = float32(tr.mixedTarget(row, b, i))
	}
}

// mixedTarget adds up the target of row i of a batch and returns its weight.
//
// A row that is made of two pictures has the loss share*w1*L(t1) +
// (1-share)*w2*L(t2), which is linear in the targets (Zhang et al. 2018,
// section 2; the focal loss is linear in them too). As one row its target is
// (share*w1*t1 + (1-share)*w2*t2)/w with the weight w = share*w1 + (1-share)*w2,
// so that a mean over rows by weight counts each picture by its own.
func (tr *trainer) mixedTarget(row []float32, b *data.Batch, i int) float64 {
	own := tr.weights[b.Target[i]]
	if b.Mix == nil || b.Mix[i].Share == 1 {
		tr.addTarget(row, b.Target[i], 1)
		return own
	}
	m := b.Mix[i]
	other := b.Target[m.Partner]
	of1, of2 := m.Share*own, (1-m.Share)*tr.weights[other]
	tr.addTarget(row, b.Target[i], of1/(of1+of2))
	tr.addTarget(row, other, of2/(of1+of2))
	return of1 + of2
}

// addTarget adds a share of a class's target: smoothed, each term times its
// alpha.
func (tr *trainer) addTarget(row []float32, class int32, share float64) {
	smooth := tr.task.Config.LabelSmoothing
	for j := range row {
		row[j] += float32(share * tr.alpha[j] * smooth / float64(len(row)))
	}
	row[class] += float32(share * tr.alpha[class] * (1 - smooth))
}
