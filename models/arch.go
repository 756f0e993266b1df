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

// scaling has width, depth and image size of B0 to B7; Lite0 to Lite4 have
// those of B0 to B4. timm's own weights with symmetric padding are of other
// sizes than the paper's.
var scaling = []struct {
	width, depth    float64
	size, symmetric int
}{
	{1, 1, 224, 224}, {1, 1.1, 240, 240}, {1.1, 1.2, 260, 256}, {1.2, 1.4, 300, 288},
	{1.4, 1.8, 380, 320}, {1.6, 2.2, 456, 448}, {1.8, 2.6, 528, 528}, {2, 3.1, 600, 600},
}

// lites is how many of the sizes there are of EfficientNet-Lite.
const lites = 5

// resNets are the names of the ResNet family that timm has, by the image size
// of its configuration. The names say what they are: see resNetName.
var resNets = []struct {
	family Family
	size   int
	names  string
}{
	{ResNet, 176, "resnet10t resnet14t"},
	{ResNet, 224, "resnet18 resnet18d resnet26 resnet26d resnet34 resnet34d resnet50 resnet50c resnet50d resnet50s resnet50t " +
		"resnet101 resnet101c resnet101s resnet152 resnet152c resnet152s resnet200 wide_resnet50_2 wide_resnet101_2"},
	{ResNet, 256, "resnet26t resnet101d resnet152d resnet200d"},
	{ResNeXt, 224, "resnext50_32x4d resnext50d_32x4d resnext101_32x4d resnext101_32x8d resnext101_32x16d resnext101_32x32d resnext101_64x4d"},
	{SEResNet, 224, "seresnet18 seresnet34 seresnet50 seresnet50t seresnet101 seresnet152 senet154"},
	{SEResNet, 256, "seresnet152d seresnet200d seresnet269d"},
	{SEResNeXt, 224, "seresnext26d_32x4d seresnext26t_32x4d seresnext50_32x4d seresnext101_32x4d seresnext101_32x8d seresnext101_64x4d seresnext101d_32x8d"},
	{ResNeSt, 224, "resnest14d resnest26d resnest50d resnest50d_1s4x24d resnest50d_4s2x40d"},
	{ResNeSt, 256, "resnest101e"},
	{ResNeSt, 320, "resnest200e"},
	{ResNeSt, 416, "resnest269e"},
}

// Family is a group of architectures that one rule builds.
type Family string

// The families, as their authors write them.
const (
	EfficientNetTF   Family = "EfficientNet, TensorFlow's padding"
	EfficientNet     Family = "EfficientNet, symmetric padding"
	EfficientLiteTF  Family = "EfficientNet-Lite, TensorFlow's padding"
	EfficientLite    Family = "EfficientNet-Lite, symmetric padding"
	ResNet           Family = "ResNet"
	ResNeXt          Family = "ResNeXt"
	SEResNet         Family = "SE-ResNet"
	SEResNeXt        Family = "SE-ResNeXt"
	ResNeSt          Family = "ResNeSt"
	ForDemonstration Family = "for demonstrations"
)

// architecture is one name of [List].
type architecture struct {
	name   string
	family Family
	spec   interface {
		build(name string, classes int, depth float64) *Net
	}
}

// architectures returns every architecture in the order of [List].
func architectures() []architecture {
	var all []architecture
	for _, same := range []bool{true, false} {
		prefix, family, lite := "efficientnet_", EfficientNet, EfficientLite
		if same {
			prefix, family, lite = "tf_efficientnet_", EfficientNetTF, EfficientLiteTF
		}
		for i := range scaling {
			all = append(all, architecture{fmt.Sprintf("%sb%d", prefix, i), family, scaledB0(i, same)})
		}
		for i := range lites {
			all = append(all, architecture{fmt.Sprintf("%slite%d", prefix, i), lite, scaledLite(i, same)})
		}
	}
	for _, row := range resNets {
		for _, name := range strings.Fields(row.names) {
			r, ok := parseResNet(name, row.size)
			if !ok {
				panic("models: the table of ResNets has a name outside of the rule: " + name)
			}
			all = append(all, architecture{name, row.family, r})
		}
	}
	return append(all, architecture{"tiny", ForDemonstration, efficientNet{
		stages: stagesTiny, width: 1, depth: 1, stem: 16, features: 192,
		excite: true, same: true, size: 64, mean: halves, std: halves,
	}})
}

func scaledB0(i int, same bool) efficientNet {
	s := scaling[i]
	e := efficientNet{
		stages: stagesB0, width: s.width, depth: s.depth, stem: 32, features: 1280,
		excite: true, same: same, size: s.size, mean: imageNetMean, std: imageNetStd,
	}
	if !same {
		e.size = s.symmetric
		if i == 1 { // timm's weights of efficientnet_b1 are for inputs in [-1, 1]
			e.mean, e.std = halves, halves
		}
	}
	return e
}

// scaledLite differs in its activations and in what is not scaled.
// TensorFlow's weights are for inputs in [-1, 1].
func scaledLite(i int, same bool) efficientNet {
	e := scaledB0(i, same)
	e.excite, e.fixed, e.size = false, true, scaling[i].size
	e.mean, e.std = imageNetMean, imageNetStd
	if same {
		e.mean, e.std = halves, halves
	}
	return e
}

// List returns the names of the architectures that [Build] knows, family by
// family.
func List() []string {
	var names []string
	for _, a := range architectures() {
		names = append(names, a.name)
	}
	return names
}

// buildArch builds an architecture for ImageNet's classes, without stochastic
// depth.
func buildArch(name string) (*Net, error) {
	a, err := findArch(name)
	if err != nil {
		return nil, err
	}
	return a.spec.build(name, defaultClasses, 0), nil
}

func findArch(name string) (architecture, error) {
	all := architectures()
	i := slices.IndexFunc(all, func(a architecture) bool { return a.name == name })
	if i < 0 {
		names := List()
		return architecture{}, fault.New(fault.Usage, "`melanoma models list` names all that can be built", "models: no architecture %q%s", name, nearest(name, names))
	}
	return all[i], nil
}

// nearest suggests a known name that contains the given one or lies in it,
// else one that is a few letters away.
func nearest(name string, names []string) string {
	i := slices.IndexFunc(names, func(n string) bool {
		return name != "" && (strings.Contains(n, name) || strings.Contains(name, n))
	})
	if i < 0 {
		distance := func(n string) int { return fault.EditDistance(name, n) }
		best := slices.MinFunc(names, func(a, b string) int { return distance(a) - distance(b) })
		if i = slices.Index(names, best); distance(best) > len(name)/3 {
			return ""
		}
	}
	return fmt.Sprintf(" (did you mean %s?)", names[i])
}
