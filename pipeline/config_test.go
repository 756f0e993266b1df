package pipeline

import (
	"strings"
	"testing"

	"melanoma/internal/fault"
)

const smallConfig = `name: small
seed: 7
data:
  root: pictures
  size: 32
cv:
  folds: 3
train:
  epochs: 2
models:
  - name: a
    arch: tiny
  - name: b
    arch: tiny
    train:
      epochs: 9
`

func TestConfigurationErrorsNameLineKeyAndWayOut(t *testing.T) {
	for _, c := range []struct{ name, text, sentence, hint string }{
		{"misspelt key", "name: x\ntrain:\n  epoch: 3\n", `x.yaml: line 3: unknown key "epoch" in train`, "did you mean train.epochs?"},
		{"misspelt section", "name: x\ntrian:\n  epochs: 3\n", `x.yaml: line 2: unknown key "trian" at the top level`, "did you mean train?"},
		{"key in the wrong section", "only_folds: [0]\n", `x.yaml: line 1: unknown key "only_folds"`, "did you mean cv.only_folds?"},
		{"text for a number", "train:\n  epochs: many\n", `x.yaml: line 2: key "train.epochs": expected a whole number, found the text "many"`, ""},
		{"fraction for a whole number", "train:\n  epochs: 2.5\n", `expected a whole number, found the number 2.5`, ""},
		{"number for a text", "name: 3\n", `line 1: key "name": expected text, found the number 3`, "quotes"},
		{"scalar for a section", "train: 3\n", `line 1: key "train": expected a mapping`, ""},
		{"scalar for a list", "cv:\n  only_folds: 0\n", `line 2: key "cv.only_folds": expected a list such as [0, 2], found the number 0`, ""},
		{"list for a section", "data: [1]\n", `key "data": expected a mapping`, ""},
		{"misspelt key of an average", "train:\n  average: {method: ema, decai: 0.9}\n", `unknown key "decai" in train.average`, "did you mean train.average.decay?"},
		{"misspelt key in a list", "train:\n  rate_factors:\n    - {patern: x, factor: 2}\n", `x.yaml: line 3: unknown key "patern" in train.rate_factors.0`, "did you mean train.rate_factors.0.pattern?"},
		{"scalar for a list of patterns", "train: {freeze: conv_stem}\n", `key "train.freeze": expected a list such as [a, b]`, ""},
		{"a factor that is missing", "train:\n  rate_factors: [{pattern: x}]\nmodels: [{name: a, arch: tiny}]\n", "train: rate_factors.0.factor is 0", "above 0"},
		{"a batch that cannot be cut", "train: {batch: 30, accumulate: 4}\n", "accumulate is 4, batch is 30", "a divisor of batch"},
		{"wrong key of a model", smallConfig + "      epoch: 3\n", `line 17: unknown key "epoch" in models.1.train`, "models.1.train.epochs"},
		{"models as a mapping", "models:\n  a: tiny\n", `line 1: key "models": expected a list`, ""},
		{"a key twice", "seed: 1\nseed: 2\n", "seed", ""},
		{"no YAML", "a: [1\nb: }\n", "x.yaml:", ""},
		{"two documents", "name: a\n---\nname: b\n", "2 YAML documents", ""},
		{"top-level list", "- a\n", "expected a mapping", ""},
		{"unknown alias", "name: *nothing\n", "nothing", ""},
		{"negative seed", "seed: -1\n", `key "seed": expected a whole number, 0 or more`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load("x.yaml", []byte(c.text), nil)
			if err == nil {
				t.Fatal("no error")
			}
			if fault.KindOf(err) != fault.Usage {
				t.Errorf("kind %v: %v", fault.KindOf(err), err)
			}
			if !strings.Contains(err.Error(), c.sentence) {
				t.Errorf("sentence %q\nwant       %q", err, c.sentence)
			}
			if !strings.Contains(fault.HintOf(err), c.hint) {
				t.Errorf("hint %q, want %q", fault.HintOf(err), c.hint)
			}
		})
	}
}

func TestSetWinsOverTheFile(t *testing.T) {
	c, err := Load("x.yaml", []byte(smallConfig), []string{"cv.only_folds=[0, 2]", "data.root=../there", "models.0.name=first", "train.epochs=3",
		"train.schedule.learning_rate=1e-4", "name=now", "models.1.dropout=0.5"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "now" || c.Data.Root != "../there" || len(c.CV.OnlyFolds) != 2 || c.CV.OnlyFolds[1] != 2 {
		t.Errorf("got name %q, root %q, folds %v", c.Name, c.Data.Root, c.CV.OnlyFolds)
	}
	if c.Models[0].Name != "first" || c.Models[0].Train.Epochs != 3 || c.Models[1].Train.Epochs != 9 || c.Models[1].Dropout != 0.5 {
		t.Errorf("models %+v", c.Models)
	}
	if c.Train.Schedule.LearningRate != 1e-4 || c.Models[1].Train.Schedule.LearningRate != 1e-4 {
		t.Errorf("learning rates %g, %g", c.Train.Schedule.LearningRate, c.Models[1].Train.Schedule.LearningRate)
	}
}

func TestWrongAssignmentsAreUsageErrors(t *testing.T) {
	for assignment, sentence := range map[string]string{
		"train.epochs":      "no KEY=VALUE",
		"=3":                "no KEY=VALUE",
		"train.epoch=3":     `--set train.epoch=3: unknown key "epoch" in train`,
		"train.epochs=many": `--set train.epochs=many: key "train.epochs": expected a whole number`,
		"models.7.name=x":   "no index",
		"models.one.name=x": "no index",
		"name.x=3":          "no mapping",
		"cv.only_folds=[0":  "cannot read",
		"cv.only_folds=[9]": "fold 9",
		"models.0={name: a, arch: tiny, stochastic_depth: 1}":                    `key "models.0.stochastic_depth" is 1`,
		"models.0={name: a, onnx: net.onnx, stochastic_depth: 0.2}":              `key "models.0.stochastic_depth" needs the blocks of arch`,
		"models.0={name: a, weights: w.safetensors}":                             `key "models.0.weights" goes with arch`,
		"models.0={name: a, arch: tiny, weights: w.safetensors, via_onnx: true}": `key "models.0.weights" goes with arch alone`,
		"models.0={name: a, arch: tiny, weights: w.safetensors, onnx: net.onnx}": `key "models.0.weights" goes with arch alone`,
	} {
		_, err := Load("x.yaml", []byte(smallConfig), []string{assignment})
		if err == nil || fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), sentence) {
			t.Errorf("--set %s: %v, want %q", assignment, err, sentence)
		}
	}
}

func TestStoredConfigurationTakesFurtherAssignments(t *testing.T) {
	c, err := Load("x.yaml", []byte(smallConfig), []string{"seed=18446744073709551615"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(t.TempDir(), c, Options{Fold: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	again, err := LoadStored(r.Dir, []string{"train.epochs=5"})
	if err != nil {
		t.Fatal(err)
	}
	if again.Seed != 18446744073709551615 || again.Models[0].Train.Epochs != 5 || again.Models[1].Train.Epochs != 9 {
		t.Errorf("seed %d, models %+v", again.Seed, again.Models)
	}
	if none, err := LoadStored(t.TempDir(), nil); none != nil || err != nil {
		t.Errorf("an empty folder gives %v, %v", none, err)
	}
}

func TestPlaceholdersInPaths(t *testing.T) {
	c, err := Load("x.yaml", []byte(smallConfig), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{Dir: "runs/x", Config: c}
	if got := r.expand("{data.root}/../onnx/a.onnx"); got != "onnx/a.onnx" {
		t.Error(got)
	}
	if got := r.expand("{run}/data"); got != "runs/x/data" {
		t.Error(got)
	}
}
