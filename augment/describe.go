package augment

import (
	"fmt"
	"reflect"
	"strings"
)

// Describe is one line for people: the transform's name and its parameters,
// seeds and what is zero aside.
func Describe(op Op) string {
	text := op.Name()
	value := reflect.ValueOf(op).Elem()
	for field := range jsonFields(op) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		v := value.FieldByIndex(field.Index)
		if name == "seed" || name == "numpy_seed" || v.IsZero() {
			continue
		}
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		text += " " + name + "=" + brief(v)
	}
	return text
}

// brief writes a number with three digits, a list with two each, a kernel by
// its size.
func brief(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return fmt.Sprintf("%.3g", v.Float())
	case reflect.Slice, reflect.Array:
		if v.Len() > 0 && v.Index(0).Kind() == reflect.Slice {
			return fmt.Sprintf("%dx%d", v.Len(), v.Index(0).Len())
		}
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = brief(v.Index(i))
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(v.Interface())
}
