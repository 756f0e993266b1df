package models

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// defaultClasses is the class count of an architecture before its head is
// replaced: ImageNet's.
const defaultClasses = 1000

var (
	imageNetMean = [3]float32{0.485, 0.456, 0.406}
	imageNetStd  = [3]float32{0.229, 0.224, 0.225}
	halves       = [3]float32{0.5, 0.5, 0.5}
)

// scaling has width, depth and image size of B0 to B7.
var scaling = []struct {
	width, depth float64
	size         int
}{
	{1, 1, 224}, {1, 1.1, 240}, {1.1, 1.2, 260}, {1.2, 1.4, 300},
	{1.4, 1.8, 380}, {1.6, 2.2, 456}, {1.8, 2.6, 528}, {2, 3.1, 600},
}

// architectures returns every name with its description, in the order of
// [List].
func architectures() (names []string, specs map[string]efficientNet) {
	specs = map[string]efficientNet{}
	add := func(name string, e efficientNet) {
		names = append(names, name)
		specs[name] = e
	}
	for _, same := range []bool{true, false} {
		prefix := "efficientnet_"
		if same {
			prefix = "tf_efficientnet_"
		}
		for i, s := range scaling {
			add(fmt.Sprintf("%sb%d", prefix, i), efficientNet{
				stages: stagesB0, width: s.width, depth: s.depth, stem: 32, features: 1280,
				excite: true, same: same, size: s.size, mean: imageNetMean, std: imageNetStd,
			})
		}
		lite := efficientNet{
			stages: stagesB0, width: 1, depth: 1, stem: 32, features: 1280,
			fixed: true, same: same, size: 224, mean: imageNetMean, std: imageNetStd,
		}
		if same { // TensorFlow's Lite weights are for inputs in [-1, 1]
			lite.mean, lite.std = halves, halves
		}
		add(prefix+"lite0", lite)
	}
	add("tiny", efficientNet{
		stages: stagesTiny, width: 1, depth: 1, stem: 16, features: 192,
		excite: true, same: true, size: 64, mean: halves, std: halves,
	})
	return names, specs
}

// List returns the names of the architectures that [Build] knows.
func List() []string {
	names, _ := architectures()
	return names
}

func buildArch(name string) (*Net, error) {
	names, specs := architectures()
	e, ok := specs[name]
	if !ok {
		return nil, fault.New(fault.Usage, "known are "+strings.Join(names, ", "), "models: no architecture %q%s", name, nearest(name, names))
	}
	return e.build(name, defaultClasses), nil
}

// nearest suggests a known name that contains the given one or lies in it.
func nearest(name string, names []string) string {
	i := slices.IndexFunc(names, func(n string) bool {
		return name != "" && (strings.Contains(n, name) || strings.Contains(name, n))
	})
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", names[i])
}
