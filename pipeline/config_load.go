package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"

	"melanoma/configs"
	"melanoma/data"
	"melanoma/internal/fault"
)

// DemoName is what errors call the built-in configuration.
const DemoName = "configs/demo.yaml (built in)"

// LoadFile reads a configuration file and applies the --set assignments.
func LoadFile(path string, sets []string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Usage, "paths resolve against the working directory; configs/ holds examples", "pipeline: no configuration file %s", path)
	}
	if err != nil {
		return nil, fault.New(fault.Usage, "", "pipeline: read configuration: %w", err)
	}
	return Load(path, text, sets)
}

// LoadDemo returns the built-in demo with the --set assignments.
func LoadDemo(sets []string) (*Config, error) { return Load(DemoName, configs.Demo, sets) }

// LoadStored returns the configuration that a run's folder was made with,
// and further --set assignments; nil without error if there is no run.
func LoadStored(dir string, sets []string) (*Config, error) {
	m, err := ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(m.Given)
	if err != nil {
		return nil, fmt.Errorf("pipeline: stored configuration of %s: %w", dir, err)
	}
	return Load(dir+"/run.json", text, sets)
}

// Load reads a configuration: defaults, then the text, then each --set in
// order. Unknown keys, wrong types and values out of range are usage errors
// that name the line. A model's train section starts from the run's own.
func Load(name string, text []byte, sets []string) (*Config, error) {
	t, err := parseTree(name, text)
	if err != nil {
		return nil, err
	}
	if t.kind != mappingTree {
		return nil, fault.New(fault.Usage, "a configuration is a mapping: name, data, cv, train, models, ...", "%s: expected a mapping, found %s", t.origin, t.describe())
	}
	for _, assignment := range sets {
		if err := t.set(assignment); err != nil {
			return nil, err
		}
	}
	c := Default()
	c.given = t.plain()
	models := t.fields["models"]
	if models != nil {
		t = t.without("models")
	}
	if t.fields["synth"] != nil {
		synth := data.DefaultSynth()
		c.Synth = &synth
	}
	if err := decodeTree(t, reflect.ValueOf(&c).Elem(), ""); err != nil {
		return nil, err
	}
	c.inheritSeed(t)
	if section := t.fields["augment"]; section != nil && section.fields["steps"] != nil && section.fields["preset"] == nil {
		c.Augment.Preset = "" // the default goes where there are steps
	}
	if err := c.decodeModels(models); err != nil {
		return nil, err
	}
	return &c, c.Validate()
}

// inheritSeed gives the run's seed to sections that name none of their own.
func (c *Config) inheritSeed(t *tree) {
	names := func(section string) bool {
		s := t.fields[section]
		return s != nil && s.fields["seed"] != nil
	}
	if c.Synth != nil && !names("synth") {
		c.Synth.Seed = c.Seed
	}
	if !names("cv") {
		c.CV.Seed = c.Seed
	}
}

// decodeModels reads the list of models, each on top of the defaults and of
// the run's train section.
func (c *Config) decodeModels(t *tree) error {
	if t == nil {
		return nil
	}
	if t.kind != listTree {
		return wrongType(t, "models", `a list of "- name: ..." entries`)
	}
	for i, item := range t.items {
		m := defaultModel()
		m.Train = c.Train
		if meta := item.fields["meta"]; meta != nil && (meta.kind == mappingTree || meta.scalar != nil) {
			defaults := defaultMeta()
			m.Meta = &defaults
		}
		if err := decodeTree(item, reflect.ValueOf(&m).Elem(), fmt.Sprintf("models.%d", i)); err != nil {
			return err
		}
		c.Models = append(c.Models, m)
	}
	return nil
}

// plain is the tree without origins, for run.json.
func (t *tree) plain() any {
	switch t.kind {
	case mappingTree:
		out := map[string]any{}
		for _, key := range t.keys {
			out[key] = t.fields[key].plain()
		}
		return out
	case listTree:
		out := make([]any, len(t.items))
		for i, item := range t.items {
			out[i] = item.plain()
		}
		return out
	}
	return t.scalar
}

// without is a mapping less one key; t stays as it is.
func (t *tree) without(key string) *tree {
	out := *t
	out.keys = nil
	for _, k := range t.keys {
		if k != key {
			out.keys = append(out.keys, k)
		}
	}
	return &out
}
