package train

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"melanoma/internal/exec"
	"melanoma/models"
)

// TestRatesFallTowardsTheInput: Adam's first step moves every element whose
// gradient is not tiny by the learning rate, so that the largest move of an
// array is its own rate.
func TestRatesFallTowardsTheInput(t *testing.T) {
	s := smallStore(t, 40, 32)
	task := smallTask(t, s, "adam")
	task.Rows = task.Rows[:8]
	task.Config.Epochs, task.Config.LayerDecay = 1, 0.5
	task.Config.RateFactors = []RateFactor{{"classifier.*", 3}, {"*.bias", 0.1}}
	task.Config.Schedule = Schedule{Name: "constant", LearningRate: 1e-2}
	start := startOf(t, &task)
	after := trained(t, task)
	for name, before := range map[string]float64{"conv_stem.weight": 8, "blocks.0.0.conv_dw.weight": 7, "blocks.4.0.conv_pwl.weight": 1, "conv_head.weight": 1, "bn2.bias": 1, "classifier.weight": 0, "classifier.bias": 0} {
		want := 1e-2 * math.Pow(0.5, before)
		switch name {
		case "classifier.weight":
			want *= 3
		case "bn2.bias":
			want *= 0.1
		case "classifier.bias":
			want *= 3 * 0.1
		}
		moved := 0.0
		for i, v := range after[name] {
			moved = max(moved, math.Abs(float64(v-start[name][i])))
		}
		if math.Abs(moved/want-1) > 0.01 {
			t.Errorf("%s moved by %.3g, want %.3g", name, moved, want)
		}
	}
}

// TestDecayLeavesOutBiasesAndNormsAsTimmDoes compares with the parameters to
// which timm's optimisers apply weight decay.
func TestDecayLeavesOutBiasesAndNormsAsTimmDoes(t *testing.T) {
	text, err := os.ReadFile("../../models/testdata/timm_layer_decay.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Networks map[string][]struct {
			Decays  []string `json:"decays"`
			DoesNot []string `json:"does_not"`
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	net, _, err := models.Build(models.Config{Arch: "tf_efficientnet_b0", Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.Instantiate(models.Instance{Batch: 1, Size: 64, Train: true})
	if err != nil {
		t.Fatal(err)
	}
	s := exec.NewStore(p)
	named := map[string]bool{}
	for _, depth := range file.Networks["tf_efficientnet_b0"] {
		for _, name := range depth.Decays {
			named[name] = true
		}
	}
	mask, all := s.DecayMask(true), s.DecayMask(false)
	offset, decaying := 0, 0
	for _, param := range p.Params {
		for i := range param.Size() {
			if want := named[param.Name]; (mask[offset+i] == 1) != want || (mask[offset+i] == 0) == want || all[offset+i] != 1 {
				t.Fatalf("%s: mask %g, with decay of everything %g; timm decays it: %v", param.Name, mask[offset+i], all[offset+i], want)
			}
		}
		offset += param.Size()
		if named[param.Name] {
			decaying++
		}
	}
	if decaying != len(named) || decaying == 0 {
		t.Errorf("%d decaying parameters, timm has %d", decaying, len(named))
	}
}
