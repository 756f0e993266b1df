package augment

// The presets of Config.Preset.
const (
	// Winner2020 is the list of the first place of SIIM-ISIC 2020 (Ha, Liu, Liu
	// 2020, dataset.py of their repository, albumentations 0.4.6), with the same
	// order and numbers. All but Cutout works at the stored size: blur, noise
	// and the 50 pixels of ElasticTransform are meant for pictures of 512 to
	// 1024 pixels.
	Winner2020 = "winner2020"

	// Winner2024 is the list of the first place of ISIC 2024 (src/augmentations.py
	// of ilyanovo/isic-2024): that of 2020 under newer class names. They
	// pinned albumentations 1.4.14, where alpha_affine no longer acts: with
	// alpha 3 their ElasticTransform is practically the identity, so that
	// here it has alpha_affine 0. They normalised with mean 0.4815 0.4578
	// 0.4082 and standard deviation 0.2686 0.2613 0.2758, which are a
	// model's keys mean and std.
	Winner2024 = "winner2024"

	// Light is what the project's PyTorch reference run of HAM10000 does: each
	// orientation with probability 0.5; brightness and contrast in one step with
	// probability 0.75, gain in [0.8, 1.2) and shift in [-51, 51) levels.
	Light = "light"

	// NoSteps leaves pictures as they are.
	NoSteps = "none"
)

var presets = map[string]func() []Step{
	Winner2020: func() []Step { return winners(50) },
	Winner2024: func() []Step { return winners(0) },
	Light: func() []Step {
		return append(symmetries(), Step{"brightness_contrast", &BrightnessContrastStep{P: 0.75, Brightness: 0.2, Contrast: 0.2}})
	},
	NoSteps: func() []Step { return nil },
}

// Presets lists the names of the presets, sorted.
func Presets() []string { return sorted(presets) }

// symmetries reach all eight orientations of the square, each with
// probability 1/8.
func symmetries() []Step {
	return []Step{
		{"transpose", &TransposeStep{P: 0.5}},
		{"vertical_flip", &VerticalFlipStep{P: 0.5}},
		{"horizontal_flip", &HorizontalFlipStep{P: 0.5}},
	}
}

// winners is the winners' list with that alpha_affine of ElasticTransform.
// The steps of a group have equal weights.
func winners(alphaAffine float64) []Step {
	return append(symmetries(),
		Step{"random_brightness", &BrightnessStep{P: 0.75, Limit: 0.2}},
		Step{"random_contrast", &ContrastStep{P: 0.75, Limit: 0.2}},
		Step{"one_of", &OneOfStep{P: 0.7, Of: []Step{
			{"motion_blur", &MotionBlurStep{P: 0.5, Limit: 5}},
			{"median_blur", &MedianBlurStep{P: 0.5, Limit: 5}},
			{"gaussian_blur", &GaussianBlurStep{P: 0.5, Limit: 5}},
			{"gauss_noise", &GaussNoiseStep{P: 0.5, Var: [2]float64{5, 30}}},
		}}},
		Step{"one_of", &OneOfStep{P: 0.7, Of: []Step{
			{"optical_distortion", &OpticalDistortionStep{P: 0.5, Limit: 1}},
			{"grid_distortion", &GridDistortionStep{P: 0.5, Steps: 5, Limit: 1}},
			{"elastic_transform", &ElasticStep{P: 0.5, Alpha: 3, Sigma: 50, AlphaAffine: alphaAffine}},
		}}},
		Step{"clahe", &CLAHEStep{P: 0.7, Clip: 4, Grid: 8}},
		Step{"hue_saturation_value", &HueSaturationValueStep{P: 0.5, Hue: 10, Sat: 20, Val: 10}},
		Step{"shift_scale_rotate", &ShiftScaleRotateStep{P: 0.85, Shift: 0.1, Scale: 0.1, Rotate: 15}},
		Step{"resize", &ResizeStep{}},
		Step{"cutout", &CutoutStep{P: 0.7, Share: 0.375}},
	)
}
