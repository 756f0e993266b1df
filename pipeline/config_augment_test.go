package pipeline

import (
	"reflect"
	"strings"
	"testing"

	"melanoma/augment"
	"melanoma/internal/fault"
)

func loadAugment(t *testing.T, section string, sets ...string) augment.Config {
	t.Helper()
	c, err := Load("x.yaml", []byte("models: [{name: a, arch: tiny}]\n"+section), sets)
	if err != nil {
		t.Fatalf("%s: %v", section, err)
	}
	return c.Augment
}

func TestRecipesAreReadFromTheConfiguration(t *testing.T) {
	if c := loadAugment(t, ""); c.Preset != augment.Light {
		t.Errorf("without a section: %+v", c)
	}
	if c := loadAugment(t, "augment: {preset: winner2020, mode: parity}\n"); c.Preset != augment.Winner2020 || c.Mode != augment.ModeParity || len(c.Recipe()) != 12 {
		t.Errorf("%+v", c)
	}
	if c := loadAugment(t, "", "augment.preset=none"); len(c.Recipe()) != 0 {
		t.Errorf("%+v", c)
	}
	got := loadAugment(t, `augment:
  steps:
    - transpose
    - clahe: {p: 0.25}
    - one_of:
        p: 0.7
        of: [{motion_blur: {limit: 3}}, {gauss_noise: {p: 1, var: [1, 2]}}]
    - resize:
`, "augment.steps.1.clahe.clip=2")
	want := augment.Config{Mode: augment.ModeFast, Steps: []augment.Step{
		{Name: "transpose", Settings: &augment.TransposeStep{P: 0.5}},
		{Name: "clahe", Settings: &augment.CLAHEStep{P: 0.25, Clip: 2, Grid: 8}},
		{Name: "one_of", Settings: &augment.OneOfStep{P: 0.7, Of: []augment.Step{
			{Name: "motion_blur", Settings: &augment.MotionBlurStep{P: 0.5, Limit: 3}},
			{Name: "gauss_noise", Settings: &augment.GaussNoiseStep{P: 1, Var: [2]float64{1, 2}}},
		}}},
		{Name: "resize", Settings: &augment.ResizeStep{}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v", got)
	}
}

// What the report's page and a task's record show of a preset is a
// configuration that says the same.
func TestPresetsWrittenOutAreTheSameRecipes(t *testing.T) {
	for _, name := range augment.Presets() {
		preset := augment.Config{Preset: name, Mode: augment.ModeFast}
		if name == augment.NoSteps {
			continue // no steps to write out
		}
		text := asYAML(struct {
			Augment augment.Config `yaml:"augment"`
		}{augmentKey(preset)})
		text = strings.Replace(text, "  preset: \"\"\n", "", 1)
		if again := loadAugment(t, text); !reflect.DeepEqual(again.Recipe(), preset.Recipe()) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestWrongRecipesNameLineAndWayOut(t *testing.T) {
	for _, test := range []struct{ text, says, hints string }{
		{"augment: {transpose: 0.5}\n", `line 2: unknown key "transpose" in augment`, "preset, mode, steps"},
		{"augment: {preset: winner}\n", `preset is "winner"`, "winner2020"},
		{"augment: {preset: light, steps: [transpose]}\n", "steps goes without a preset", "keep one"},
		{"augment:\n  steps:\n    - clahee: {p: 1}\n", `line 4: unknown name "clahee" in augment.steps.0`, "did you mean clahe?"},
		{"augment:\n  steps:\n    - clahe: {clipp: 1}\n", `line 4: unknown key "clipp" in augment.steps.0.clahe`, "augment.steps.0.clahe.clip"},
		{"augment:\n  steps: [{clahe: {p: 2}}]\n", "steps.0.clahe.p is 2", "from 0 to 1"},
		{"augment:\n  steps: [{clahe: {}, cutout: {}}]\n", `key "augment.steps.0": expected one name with its settings`, ""},
		{"augment:\n  steps: [3]\n", `key "augment.steps.0": expected one name`, ""},
		{"augment:\n  steps: clahe\n", `key "augment.steps": expected a list`, ""},
		{"augment:\n  steps: [{one_of: {of: [{median_blur: {limit: 4}}]}}]\n", "steps.0.one_of.of.0.median_blur.limit is 4", "3 5"},
		{"augment:\n  steps: [{gauss_noise: {var: 5}}]\n", `key "augment.steps.0.gauss_noise.var": expected a list of 2 values`, ""},
		{"augment:\n  steps: [{resize: {size: 3}}]\n", `unknown key "size" in augment.steps.0.resize`, ""},
	} {
		_, err := Load("x.yaml", []byte("models: [{name: a, arch: tiny}]\n"+test.text), nil)
		if err == nil || fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), test.says) || !strings.Contains(fault.HintOf(err), test.hints) {
			t.Errorf("%s: %v; hint %q", test.text, err, fault.HintOf(err))
		}
	}
}
