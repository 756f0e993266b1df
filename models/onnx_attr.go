package models

import (
	"strconv"

	"melanoma/internal/onnx"
)

func intsAttr(name string, v ...int) *onnx.Attribute {
	return onnx.IntsAttribute(name, convert[int64](v)...)
}

func flagAttr(name string, set bool) *onnx.Attribute {
	if set {
		return onnx.IntAttribute(name, 1)
	}
	return onnx.IntAttribute(name, 0)
}

// decimal undoes the rounding of a short decimal number to float32.
func decimal(f float32) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil { // f is not a number
		return float64(f)
	}
	return v
}

// complement returns 1-f as a short decimal: ONNX weighs the old running
// statistics, torch and we the new ones.
func complement(f float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(1-f, 'g', 6, 64), 64)
	if err != nil {
		return 1 - f
	}
	return v
}
