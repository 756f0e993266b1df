package models

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/fault"
	"melanoma/internal/safetensors"
)

// ReadTimm returns an architecture of [List] with the weights of a
// .safetensors file under timm's names. The class count is that of the file's
// classifier; a file without one gets a fresh classifier of the seed.
// Half precision is widened; num_batches_tracked, and a prefix that all
// names share (such as module.), are left out. A file of our own brings its
// normalisation and image size along.
//
// Weights are views of the mapped file where that can be; the mapping stays
// for the life of the process. A file whose names or shapes are not the
// architecture's is an input error that lists them and names the architecture
// that they fit best.
func ReadTimm(path, arch string, seed uint64) (*Net, Weights, error) {
	t, err := openTimm(path, arch)
	if err != nil {
		return nil, nil, err
	}
	w := make(Weights, len(t.net.Params))
	for _, p := range t.net.Params {
		tensor, ok := t.given[p.Name]
		if !ok { // the classifier
			w[p.Name] = p.initial(seed)
			continue
		}
		if w[p.Name], err = tensor.Float32s(); err != nil {
			return nil, nil, fmt.Errorf("models: weights %s: %w", path, err)
		}
	}
	return t.net, w, nil
}

// timmFile is a file of weights that fits an architecture.
type timmFile struct {
	net     *Net
	classes int                           // of the file's classifier, 0 without one
	given   map[string]safetensors.Tensor // by parameter
	file    *safetensors.File
}

// openTimm reads a file's header and compares it with the architecture.
func openTimm(path, arch string) (*timmFile, error) {
	net, err := buildArch(arch)
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	t := &timmFile{net: net, given: namedTensors(f.Tensors, net.Params[0].Name), file: f}
	if err := t.check(path, arch, f.Metadata); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

func (t *timmFile) check(path, arch string, metadata map[string]string) (err error) {
	if t.classes, err = t.net.adoptClassifier(t.given); err != nil {
		return fault.New(fault.Input, "remove it from the file, or mend it", "models: weights %s: %w", path, err)
	}
	if m := t.net.compare(t.given, t.classes > 0); !m.fits() {
		return fault.New(fault.Input, fitHint(t.given, arch), "models: weights %s do not fit %s: %s", path, arch, m)
	}
	if err := t.net.restoreTimm(metadata); err != nil {
		return fault.New(fault.Input, "remove the metadata from the file, or write it again", "models: weights %s: %w", path, err)
	}
	return nil
}

// timmCounter ends the names of tensors that only torch's BatchNorm uses.
const timmCounter = "num_batches_tracked"

// namedTensors returns the weights by name, without counters and without the
// prefix that all names share if first is then among them.
func namedTensors(tensors []safetensors.Tensor, first string) map[string]safetensors.Tensor {
	prefix := ""
	for _, t := range tensors { // the shortest: blocks may have parameters of that name too
		if before, ok := strings.CutSuffix(t.Name, "."+first); ok && (prefix == "" || len(before) < len(prefix)) {
			prefix = before + "."
		}
	}
	if slices.ContainsFunc(tensors, func(t safetensors.Tensor) bool { return !strings.HasPrefix(t.Name, prefix) }) {
		prefix = ""
	}
	given := make(map[string]safetensors.Tensor, len(tensors))
	for _, t := range tensors {
		if !strings.HasSuffix(t.Name, "."+timmCounter) && t.Name != timmCounter {
			given[strings.TrimPrefix(t.Name, prefix)] = t
		}
	}
	return given
}

// classifierParams returns the places of the classifier's weight and bias.
func (n *Net) classifierParams() (weight, bias *Param) {
	l := n.Layer(n.Output)
	find := func(name string) *Param {
		return &n.Params[slices.IndexFunc(n.Params, func(p Param) bool { return p.Name == name })]
	}
	return find(l.Params[0]), find(l.Params[1])
}

// adoptClassifier gives the net the file's class count and returns it, 0 if
// the file has no classifier.
func (n *Net) adoptClassifier(given map[string]safetensors.Tensor) (int, error) {
	weight, bias := n.classifierParams()
	w, hasWeight := given[weight.Name]
	b, hasBias := given[bias.Name]
	if !hasWeight && !hasBias {
		return 0, nil
	}
	if !hasWeight || !hasBias || len(w.Shape) != 2 || len(b.Shape) != 1 || w.Shape[0] != b.Shape[0] || w.Shape[0] < 1 {
		return 0, fmt.Errorf("its classifier, %s of shape %v and %s of shape %v, is none", weight.Name, w.Shape, bias.Name, b.Shape)
	}
	n.Classes = w.Shape[0]
	weight.Shape, bias.Shape = []int{n.Classes, weight.Shape[1]}, []int{n.Classes}
	return n.Classes, nil
}

// mismatch is how a file's tensors differ from an architecture's.
type mismatch struct {
	missing, unknown, misshaped []string
	fitting                     int
}

// compare looks for the net's parameters, with or without the classifier's,
// among the given tensors.
func (n *Net) compare(given map[string]safetensors.Tensor, classifier bool) mismatch {
	var m mismatch
	weight, bias := n.classifierParams()
	known := make(map[string]bool, len(n.Params))
	for _, p := range n.Params {
		known[p.Name] = true
		t, ok := given[p.Name]
		switch {
		case !ok && !classifier && (p.Name == weight.Name || p.Name == bias.Name):
		case !ok:
			m.missing = append(m.missing, p.Name)
		case !slices.Equal(t.Shape, p.Shape):
			m.misshaped = append(m.misshaped, fmt.Sprintf("%s is %v and should be %v", p.Name, t.Shape, p.Shape))
		default:
			m.fitting++
		}
	}
	for name := range given {
		if !known[name] {
			m.unknown = append(m.unknown, name)
		}
	}
	slices.Sort(m.unknown)
	return m
}

func (m mismatch) fits() bool { return len(m.missing)+len(m.unknown)+len(m.misshaped) == 0 }

// String lists the first few of each kind and how many there are.
func (m mismatch) String() string {
	var parts []string
	add := func(what string, names []string) {
		if len(names) == 0 {
			return
		}
		text := strings.Join(names[:min(3, len(names))], ", ")
		if len(names) > 3 {
			text += ", ..."
		}
		parts = append(parts, fmt.Sprintf("%d %s (%s)", len(names), what, text))
	}
	add("tensors are missing", m.missing)
	add("are unknown", m.unknown)
	add("have another shape", m.misshaped)
	return strings.Join(parts, "; ")
}

// fitHint names the architecture whose parameters the tensors fit best: of
// equals the smallest, then one of the wanted's padding, which names and
// shapes do not tell, then the first.
func fitHint(given map[string]safetensors.Tensor, wanted string) string {
	var best mismatch
	bestName, bestOf, bestPadding := "", 0, false
	for _, name := range List() {
		net, err := buildArch(name)
		if err != nil {
			continue
		}
		classes, err := net.adoptClassifier(given)
		if err != nil {
			continue
		}
		m, of := net.compare(given, classes > 0), len(net.Params)
		padding := strings.HasPrefix(name, "tf_") == strings.HasPrefix(wanted, "tf_")
		if m.fitting > best.fitting || m.fitting == best.fitting && (of < bestOf || of == bestOf && padding && !bestPadding) {
			best, bestName, bestOf, bestPadding = m, name, of, padding
		}
	}
	switch {
	case best.fitting == 0:
		return "no architecture of `melanoma models list` has such names"
	case best.fits():
		return "names and shapes are those of " + bestName
	}
	return fmt.Sprintf("nearest is %s: %d of its %d tensors are in the file with the right shape", bestName, best.fitting, bestOf)
}

// restoreTimm takes over what a file of our own says of its network.
func (n *Net) restoreTimm(metadata map[string]string) error {
	f, err := parseFacts(metadata)
	if err != nil || f.Std == [3]float32{} {
		return err
	}
	n.Mean, n.Std = f.Mean, f.Std
	if f.Size > 0 {
		n.InputSize = f.Size
	}
	return nil
}
