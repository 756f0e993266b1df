package augment

import (
	"fmt"
	"slices"
)

// Step is one entry of a recipe: a transform's name and how it is drawn. In
// YAML it is a mapping of one key, {clahe: {p: 0.7, clip: 4}}; what the
// settings leave out keeps its default.
type Step struct {
	Name     string
	Settings Settings
}

// Settings says how likely a step is and how its parameters are drawn. They
// are the types of this package whose names end in Step.
type Settings interface {
	chance() float64 // in [0, 1]
	check() error    // a *ConfigError, or nil
	prepare(e env) drawer
}

// env is what a step's preparation depends on.
type env struct {
	size   int    // side of the network's pictures
	parity bool   // the mode
	label  uint64 // of the step's stream
}

// drawer draws a step's parameters and adds what came of it. It owns the Ops
// that it adds and uses them again for the next picture.
type drawer func(r *stream, d *drawing)

// drawing is a record in the making.
type drawing struct {
	ops           []Op
	width, height int    // of the picture after ops
	key           uint64 // of the picture
}

// add appends an Op, unless the picture is too small for it.
func (d *drawing) add(op Op) {
	if op.fits(d.width, d.height) != nil {
		return
	}
	d.ops = append(d.ops, op)
	d.width, d.height = op.size(d.width, d.height)
}

// always is the drawer of a step without parameters.
func always(op Op) drawer { return func(_ *stream, d *drawing) { d.add(op) } }

// steps makes the settings of a step by its name, with their defaults: the
// numbers of the winners' recipe or of the step's source.
var steps = map[string]func() Settings{
	"transpose":            func() Settings { return &TransposeStep{P: 0.5} },
	"vertical_flip":        func() Settings { return &VerticalFlipStep{P: 0.5} },
	"horizontal_flip":      func() Settings { return &HorizontalFlipStep{P: 0.5} },
	"random_brightness":    func() Settings { return &BrightnessStep{P: 0.5, Limit: 0.2} },
	"random_contrast":      func() Settings { return &ContrastStep{P: 0.5, Limit: 0.2} },
	"brightness_contrast":  func() Settings { return &BrightnessContrastStep{P: 0.5, Brightness: 0.2, Contrast: 0.2} },
	"motion_blur":          func() Settings { return &MotionBlurStep{P: 0.5, Limit: 5} },
	"median_blur":          func() Settings { return &MedianBlurStep{P: 0.5, Limit: 5} },
	"gaussian_blur":        func() Settings { return &GaussianBlurStep{P: 0.5, Limit: 5} },
	"gauss_noise":          func() Settings { return &GaussNoiseStep{P: 0.5, Var: [2]float64{5, 30}} },
	"optical_distortion":   func() Settings { return &OpticalDistortionStep{P: 0.5, Limit: 1} },
	"grid_distortion":      func() Settings { return &GridDistortionStep{P: 0.5, Steps: 5, Limit: 1} },
	"elastic_transform":    func() Settings { return &ElasticStep{P: 0.5, Alpha: 3, Sigma: 50, AlphaAffine: 50} },
	"clahe":                func() Settings { return &CLAHEStep{P: 0.5, Clip: 4, Grid: 8} },
	"hue_saturation_value": func() Settings { return &HueSaturationValueStep{P: 0.5, Hue: 10, Sat: 20, Val: 10} },
	"shift_scale_rotate":   func() Settings { return &ShiftScaleRotateStep{P: 0.5, Shift: 0.1, Scale: 0.1, Rotate: 15} },
	"resize":               func() Settings { return &ResizeStep{} },
	"cutout":               func() Settings { return &CutoutStep{P: 0.5, Share: 0.375} },
	"random_erasing": func() Settings {
		return &RandomErasingStep{P: 0.5, Area: [2]float64{0.02, 0.4}, Ratio: [2]float64{0.3, 1 / 0.3}}
	},
	"hair":         func() Settings { return &HairStep{P: 0.5, Strands: [2]int{1, 12}, Thickness: [2]float64{0.002, 0.006}} },
	"hair_removal": func() Settings { return &HairRemovalStep{P: 0.5, Length: 15, Threshold: 20} },
	"rand_augment": func() Settings { return &RandAugmentStep{P: 1, N: 2, M: 9} },
}

func init() { // a literal would refer to itself
	steps["one_of"] = func() Settings { return &OneOfStep{P: 0.5} }
}

// Choose gives the step the settings of that name, with their defaults, and
// returns them to be filled; nil where there is no such step.
func (s *Step) Choose(name string) (settings any) {
	fresh, known := steps[name]
	if !known {
		return nil
	}
	s.Name, s.Settings = name, fresh()
	return s.Settings
}

// Choices lists the names that Choose knows, sorted.
func (Step) Choices() []string { return sorted(steps) }

// Chosen returns what Choose set.
func (s Step) Chosen() (name string, settings any) { return s.Name, s.Settings }

// validate checks a list of steps; the key of an error begins with at.
func validate(at string, list []Step) error {
	for i, s := range list {
		key := fmt.Sprintf("%s.%d", at, i)
		if s.Settings == nil {
			return &ConfigError{Key: key, Problem: "names no step", Advice: "write a step such as {transpose: {p: 0.5}}"}
		}
		key += "." + s.Name
		if err := inKey(key, share("p", s.Settings.chance())); err != nil {
			return err
		}
		if err := inKey(key, s.Settings.check()); err != nil {
			return err
		}
	}
	return nil
}

// node is a step that is ready to draw.
type node struct {
	label  uint64
	chance float64
	draw   drawer
	random stream // of the picture in the making
}

// prepare makes the nodes of a list of steps. Labels count steps of one name,
// so that a step added or removed leaves the streams of others alone.
func prepare(list []Step, e env) []node {
	nodes := make([]node, len(list))
	counts := map[string]int{}
	for i, s := range list {
		own := e
		own.label = label(e.label, s.Name, counts[s.Name])
		counts[s.Name]++
		nodes[i] = node{label: own.label, chance: s.Settings.chance(), draw: s.Settings.prepare(own)}
	}
	return nodes
}

// run draws a step: one number for the gate, even where the step is forced,
// then its parameters.
func (n *node) run(d *drawing, forced bool) {
	n.random = stream{key: d.key ^ n.label}
	if gate := n.random.unit(); forced || gate < n.chance {
		n.draw(&n.random, d)
	}
}

// OneOfStep runs one of its steps, whatever that one's own gate says; a step's
// own p is its weight in the choice.
type OneOfStep struct {
	P  float64 `yaml:"p"` // probability
	Of []Step  `yaml:"of"`
}

func (s *OneOfStep) chance() float64 { return s.P }

func (s *OneOfStep) check() error {
	if !slices.ContainsFunc(s.Of, func(child Step) bool { return child.Settings != nil && child.Settings.chance() > 0 }) {
		return &ConfigError{Key: "of", Problem: "has no step that could be chosen", Advice: "list steps such as {motion_blur: {limit: 5}} with p above 0"}
	}
	return validate("of", s.Of)
}

func (s *OneOfStep) prepare(e env) drawer {
	children := prepare(s.Of, e)
	total := 0.0
	for _, child := range children {
		total += child.chance
	}
	return func(r *stream, d *drawing) {
		left := r.between(0, total)
		for i := range children {
			child := &children[i]
			if left < child.chance {
				child.run(d, true)
				return
			}
			left -= child.chance
		}
		children[len(children)-1].run(d, true) // rounding left a little over
	}
}
