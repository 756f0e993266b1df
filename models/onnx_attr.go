package models

import "strconv"

func intsAttr(name string, v ...int) protoAttr {
	return protoAttr{name: name, kind: attrInts, ints: convert[int64](v)}
}

func intAttr(name string, v int) protoAttr {
	return protoAttr{name: name, kind: attrInt, i: int64(v)}
}

func floatAttr(name string, v float64) protoAttr {
	return protoAttr{name: name, kind: attrFloat, f: float32(v)}
}

func textAttr(name, v string) protoAttr { return protoAttr{name: name, kind: attrString, s: v} }

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
