package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"

	_ "image/jpeg" // pictures come as JPEG too

	"github.com/spf13/cobra"

	"melanoma/augment"
	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/rng"
	"melanoma/pipeline"
)

// laterTransforms are in the winners' recipe and not built yet.
var laterTransforms = []string{"motion_blur", "median_blur", "gaussian_blur", "optical_distortion", "grid_distortion", "elastic_transform",
	"clahe", "hue_saturation_value", "shift_scale_rotate", "resize", "cutout", "gauss_noise", "jpeg_decode"}

// transforms are those that can be applied, by their name in configurations.
var transforms = map[string]func(augment.Image, map[string]float64) augment.Image{
	"transpose":       func(im augment.Image, _ map[string]float64) augment.Image { return augment.Transpose(im) },
	"vertical_flip":   func(im augment.Image, _ map[string]float64) augment.Image { return augment.FlipVertical(im) },
	"horizontal_flip": func(im augment.Image, _ map[string]float64) augment.Image { return augment.FlipHorizontal(im) },
	"random_brightness": func(im augment.Image, p map[string]float64) augment.Image {
		return augment.Draw{BrightnessContrast: &augment.Tone{Gain: 1, Shift: p["beta"]}}.Apply(im)
	},
	"random_contrast": func(im augment.Image, p map[string]float64) augment.Image {
		return augment.Draw{BrightnessContrast: &augment.Tone{Gain: p["alpha"]}}.Apply(im)
	},
}

// transformKeys lists the parameters that each transform needs.
var transformKeys = map[string][]string{"random_brightness": {"beta"}, "random_contrast": {"alpha"}}

type augmentApplyOptions struct{ transform, params string }

type augmentPreviewOptions struct {
	runFlags
	output        string
	columns, size int
}

func (a *app) augmentCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "augment", Short: "Apply one transform, or draw a sheet of augmented views",
		Args: unknownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var apply augmentApplyOptions
	one := &cobra.Command{
		Use:   "apply --transform NAME [--params JSON] IN.png OUT.png",
		Short: "Apply one transform with given parameters",
		Long: `Applies one transform to a picture. Names and parameters are those of
albumentations 0.4.6 in the winners' recipe: transpose, vertical_flip,
horizontal_flip, random_brightness {"beta": ...}, random_contrast
{"alpha": ...}, normalize {"mean": [...], "std": [...]} (writes a .npy file,
[H,W,3]), recipe {"steps": [[NAME, PARAMS], ...]}.`,
		Example: `  melanoma augment apply --transform random_brightness --params '{"beta": -0.1}' in.png out.png
  melanoma augment apply --transform transpose in.png out.png`,
		Args: wants(2, 2, "an input and an output file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runAugmentApply(apply, args[0], args[1]) },
	}
	one.Flags().StringVar(&apply.transform, "transform", "", "name of the transform")
	one.Flags().StringVar(&apply.params, "params", "{}", "its parameters as a JSON object")

	preview := augmentPreviewOptions{output: "preview.png", columns: 6, size: 128}
	sheet := &cobra.Command{
		Use:     "preview [-c FILE] IMAGE...",
		Short:   "Draw a contact sheet of augmented views",
		Long:    "Draws each picture as it is and then as training would see it, one row a picture.",
		Example: `  melanoma augment preview -c configs/ham10000.yaml --output sheet.png pictures/*.jpg`,
		Args:    wants(1, -1, "pictures"),
		RunE:    func(_ *cobra.Command, args []string) error { return a.runAugmentPreview(preview, args) },
	}
	preview.runFlags.addConfig(sheet.Flags())
	sheet.Flags().StringVar(&preview.output, "output", preview.output, "PNG file to write")
	sheet.Flags().IntVar(&preview.columns, "columns", preview.columns, "pictures in a row")
	sheet.Flags().IntVar(&preview.size, "size", preview.size, "width of one picture in pixels")
	cmd.AddCommand(one, sheet)
	return cmd
}

func (a *app) runAugmentApply(o augmentApplyOptions, in, out string) error {
	var params map[string]any
	if err := json.Unmarshal([]byte(o.params), &params); err != nil {
		return usage(`for example --params '{"beta": -0.1}'`, "--params is no JSON object: %w", err)
	}
	im, err := readPicture(in)
	if err != nil {
		return err
	}
	if a.dry("apply %s to %s and write %s", o.transform, in, out) {
		return nil
	}
	if o.transform == "normalize" {
		return normalizeTo(out, im, params)
	}
	if im, err = applyTransform(o.transform, params, im); err != nil {
		return err
	}
	return writePNG(out, im)
}

// applyTransform applies a named transform, or a recipe of them.
func applyTransform(name string, params map[string]any, im augment.Image) (augment.Image, error) {
	if name == "recipe" {
		return applyRecipe(params, im)
	}
	f, known := transforms[name]
	if slices.Contains(laterTransforms, name) {
		return im, usage("built so far: "+strings.Join(transformNames(), ", "), "transform %s is not built yet", name)
	}
	if !known {
		return im, usage("transforms: "+strings.Join(transformNames(), ", "), "unknown transform %q", name)
	}
	numbers := map[string]float64{}
	for _, key := range transformKeys[name] {
		v, ok := params[key].(float64)
		if !ok {
			return im, usage(fmt.Sprintf(`for example --params '{"%s": 0.9}'`, key), "transform %s needs the number %q", name, key)
		}
		numbers[key] = v
	}
	for key := range params {
		if !slices.Contains(transformKeys[name], key) {
			return im, usage("its parameters: "+strings.Join(transformKeys[name], ", "), "transform %s has no parameter %q", name, key)
		}
	}
	return f(im, numbers), nil
}

func applyRecipe(params map[string]any, im augment.Image) (augment.Image, error) {
	steps, ok := params["steps"].([]any)
	if !ok {
		return im, usage(`--params '{"steps": [["transpose", {}]]}'`, "a recipe needs a list of steps")
	}
	for i, step := range steps {
		pair, _ := step.([]any)
		if len(pair) != 2 {
			return im, usage(`a step is [NAME, PARAMS]`, "step %d of the recipe is no pair", i)
		}
		name, _ := pair[0].(string)
		p, _ := pair[1].(map[string]any)
		var err error
		if im, err = applyTransform(name, p, im); err != nil {
			return im, fmt.Errorf("step %d of the recipe: %w", i, err)
		}
	}
	return im, nil
}

func transformNames() []string {
	names := []string{"normalize", "recipe"}
	for name := range transforms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// normalizeTo writes (v/255 - mean)/std as a float32 .npy file [H,W,3].
func normalizeTo(path string, im augment.Image, params map[string]any) error {
	var n augment.Normalize
	for key, dst := range map[string]*[3]float32{"mean": &n.Mean, "std": &n.Std} {
		list, _ := params[key].([]any)
		for i := range dst {
			v, ok := 0.0, len(list) == 3
			if ok {
				v, ok = list[i].(float64)
			}
			if !ok || key == "std" && v <= 0 {
				return usage(`--params '{"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}'`, "normalize needs three numbers %q", key)
			}
			dst[i] = float32(v)
		}
	}
	hwc := make([]float32, len(im.Pix))
	n.Into(hwc, im)
	return writeNPY(path, &array{shape: []int{im.Height, im.Width, 3}, data: hwc})
}

func (a *app) runAugmentPreview(o augmentPreviewOptions, paths []string) error {
	if o.columns < 2 || o.size < 8 {
		return usage("--columns 6 --size 128", "a sheet of %d columns and %d pixels is too small", o.columns, o.size)
	}
	config, err := a.loadConfig(o.runFlags)
	if err != nil {
		return err
	}
	if a.dry("write %s with %d pictures", o.output, len(paths)) {
		return nil
	}
	sheet := augment.NewImage(o.columns*o.size, len(paths)*o.size)
	for row, path := range paths {
		im, err := readPicture(path)
		if err != nil {
			return err
		}
		im = augment.Resize(im, o.size, o.size)
		paste(sheet, im, 0, row*o.size)
		for column := 1; column < o.columns; column++ {
			draw := config.Augment.Draw(rng.New(rng.Key(config.Seed, "preview", path, column)))
			paste(sheet, draw.Apply(im), column*o.size, row*o.size)
		}
	}
	if err := writePNG(o.output, sheet); err != nil {
		return err
	}
	a.printf("%s: %d pictures, each as it is and %d times augmented\n", o.output, len(paths), o.columns-1)
	return nil
}

func paste(dst, src augment.Image, x, y int) {
	for row := range src.Height {
		copy(dst.Pix[3*((y+row)*dst.Width+x):], src.Pix[3*row*src.Width:3*(row+1)*src.Width])
	}
}

// readPicture decodes a PNG or JPEG file.
func readPicture(path string) (augment.Image, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return augment.Image{}, fault.New(fault.Input, "give a PNG or JPEG file", "read picture: %w", err)
	}
	decoded, _, err := image.Decode(bytes.NewReader(text))
	if err != nil {
		return augment.Image{}, fault.New(fault.Input, "give a PNG or JPEG file", "decode %s: %w", path, err)
	}
	return augment.FromImage(decoded), nil
}

// writePNG writes a picture, whole or not at all.
func writePNG(path string, im augment.Image) error {
	return artifact.WriteFile(path, func(w io.Writer) error { return png.Encode(w, pipeline.ToRGBA(im)) })
}
