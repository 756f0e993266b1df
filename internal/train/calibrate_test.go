package train

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/internal/numtest"
	"melanoma/models"
)

// foldedLite0 is the pretrained Lite0 as most exporters write it, through a
// file.
func foldedLite0(t *testing.T) (net *models.Net, weights models.Weights, folded *models.Net, foldedWeights models.Weights) {
	t.Helper()
	net, weights, err := models.ReadONNX(numtest.Shared(t, "onnx/pretrained/efficientnet_lite0_batchnorm.onnx"), 0)
	if err != nil {
		t.Fatal(err)
	}
	folded, foldedWeights = net.FoldBatchNorm(weights)
	var file bytes.Buffer
	if err := models.WriteONNX(&file, folded, foldedWeights, 0); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "folded.onnx")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if folded, foldedWeights, err = models.ReadONNX(path, 0); err != nil {
		t.Fatal(err)
	}
	return net, weights, folded, foldedWeights
}

// formulaPictures are smooth enough to look like pictures to a network.
func formulaPictures(count, size int) Pictures {
	return Pictures{Count: count, Size: size, Load: func(i int, pixels []float32) error {
		for j := range pixels {
			y, x, c := j/3/size, j/3%size, j%3
			pixels[j] = float32(math.Sin(float64(x*(i+1)+c)/9)*math.Cos(float64(y*(i+2))/17) + 0.3*numtest.FormulaUnit("picture", i*len(pixels)+j))
		}
		return nil
	}}
}

// logitsOf runs a network on pictures, all in one batch.
func logitsOf(t *testing.T, net *models.Net, weights models.Weights, p Pictures, train bool) []float32 {
	t.Helper()
	program, err := net.Instantiate(models.Instance{Batch: p.Count, Size: p.Size, Train: train})
	if err != nil {
		t.Fatal(err)
	}
	pool := exec.NewPool(0)
	defer pool.Close()
	store := exec.NewStore(program)
	if err := store.Load(weights); err != nil {
		t.Fatal(err)
	}
	m, err := exec.Compile(program, store, pool)
	if err != nil {
		t.Fatal(err)
	}
	pixels := m.Input("images")
	for i := range p.Count {
		if err := p.Load(i, pixels[i*len(pixels)/p.Count:(i+1)*len(pixels)/p.Count]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Run(0); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(m.Logits())
}

func TestFoldedBatchNormIsPutBack(t *testing.T) {
	net, weights, folded, foldedWeights := foldedLite0(t)
	pictures := formulaPictures(20, 96)
	want := logitsOf(t, net, weights, pictures, false)
	if d := numtest.MaxRelative(logitsOf(t, folded, foldedWeights, pictures, false), want); d > 1e-4 {
		t.Errorf("folding moves the logits by %.2g", d)
	}
	before := foldedWeights.Clone()
	restored, restoredWeights, n, err := RestoreBatchNorm(context.Background(), folded, foldedWeights, pictures, 0)
	if err != nil {
		t.Fatal(err)
	}
	norms := 0
	for _, l := range net.Layers {
		if l.Op == models.OpBatchNorm {
			norms++
		}
	}
	if n != norms || len(restored.Params) != len(net.Params) {
		t.Errorf("%d BatchNorms and %d parameters were put back, want %d and %d", n, len(restored.Params), norms, len(net.Params))
	}
	if d := numtest.MaxRelative(logitsOf(t, restored, restoredWeights, pictures, false), want); d > 1e-4 {
		t.Errorf("putting BatchNorm back moves the logits by %.2g", d)
	}
	for name, v := range before {
		if !slices.Equal(v, foldedWeights[name]) {
			t.Fatalf("%s of the folded network was changed", name)
		}
	}
}

// TestRestoredStatisticsAreThoseOfTheBatch uses what only right statistics
// give: in training mode, on the very pictures, the network computes the same
// but for the bias correction of the variance.
func TestRestoredStatisticsAreThoseOfTheBatch(t *testing.T) {
	_, _, folded, weights := foldedLite0(t)
	pictures := formulaPictures(24, 128) // one batch and a half
	restored, w, _, err := RestoreBatchNorm(context.Background(), folded, weights, pictures, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := logitsOf(t, restored, w, pictures, false)
	if d := numtest.MaxRelative(logitsOf(t, restored, w, pictures, true), want); d > 0.02 {
		t.Errorf("batch statistics give logits that differ by %.2g", d)
	}
}

func TestMomentsOfPartsAreThoseOfTheWhole(t *testing.T) {
	values := make([]float64, 90)
	for i := range values {
		values[i] = 3 + numtest.FormulaUnit("moments", i)
	}
	of := func(part []float64) []float32 {
		mean, variance := 0.0, 0.0
		for _, v := range part {
			mean += v / float64(len(part))
		}
		for _, v := range part {
			variance += (v - mean) * (v - mean) / float64(len(part))
		}
		return []float32{float32(mean), float32(variance)}
	}
	m := newMoments(1)
	for _, cut := range [][2]int{{0, 50}, {50, 85}, {85, 90}} {
		m.add(of(values[cut[0]:cut[1]]), float64(cut[1]-cut[0]))
	}
	whole := of(values)
	if math.Abs(m.mean[0]-float64(whole[0])) > 1e-6 || math.Abs(m.variance()[0]-float64(whole[1])*90/89) > 1e-6 {
		t.Errorf("mean %v and variance %v, want %v and %v", m.mean[0], m.variance()[0], whole[0], float64(whole[1])*90/89)
	}
}

func TestNothingToPutBackIsSaid(t *testing.T) {
	net, weights, err := models.Build(models.Config{Arch: "tf_efficientnet_lite0", Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = RestoreBatchNorm(context.Background(), net, weights, formulaPictures(1, 32), 0)
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "no convolution with a bias") {
		t.Errorf("a network with its BatchNorms: %v", err)
	}
	folded, w := net.FoldBatchNorm(weights)
	if _, _, _, err := RestoreBatchNorm(context.Background(), folded, w, formulaPictures(0, 32), 0); fault.KindOf(err) != fault.Input {
		t.Errorf("no picture: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, _, err := RestoreBatchNorm(ctx, folded, w, formulaPictures(1, 32), 0); fault.KindOf(err) != fault.Stopped {
		t.Errorf("cancelled: %v", err)
	}
}
