package pipeline

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// decodeTree writes the values of t into v, which holds the defaults: what
// the tree does not mention stays. Unknown keys and wrong types are errors
// that name line, key and what was expected.
func decodeTree(t *tree, v reflect.Value, path string) error {
	if v.CanAddr() {
		if choice, ok := v.Addr().Interface().(oneKey); ok {
			return decodeOneKey(t, choice, path)
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return decodePointer(t, v, path)
	case reflect.Struct:
		return decodeStruct(t, v, path)
	case reflect.Slice:
		return decodeSlice(t, v, path)
	case reflect.Array:
		return decodeArray(t, v, path)
	case reflect.Map:
		return decodeMap(t, v, path)
	}
	return decodeScalar(t, v, path)
}

// oneKey is written as a mapping of one key, which says what it is, with its
// settings below: {clahe: {p: 0.7}}. A name alone has settings by default.
type oneKey interface {
	Choose(name string) (settings any) // to be filled, with their defaults; nil: no such name
	Choices() []string
	Chosen() (name string, settings any)
}

func decodeOneKey(t *tree, choice oneKey, path string) error {
	name, settings := "", (*tree)(nil)
	switch {
	case t.kind == mappingTree && len(t.keys) == 1:
		name, settings = t.keys[0], t.fields[t.keys[0]]
	case t.kind == scalarTree:
		name, _ = t.scalar.(string)
	}
	if name == "" {
		return wrongType(t, path, "one name with its settings, such as {transpose: {p: 0.5}}")
	}
	target := choice.Choose(name)
	if target == nil {
		known := choice.Choices()
		hint := "known names here: " + strings.Join(known, ", ")
		if near := fault.Nearest(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %s? %s", near, hint)
		}
		return fault.New(fault.Usage, hint, "%s: unknown name %q in %s", t.origin, name, path)
	}
	if settings == nil {
		return nil
	}
	return decodeTree(settings, reflect.ValueOf(target).Elem(), join(path, name))
}

func decodePointer(t *tree, v reflect.Value, path string) error {
	if t.kind == scalarTree && t.scalar == nil {
		v.SetZero()
		return nil
	}
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	if err := decodeTree(t, fresh.Elem(), path); err != nil {
		return err
	}
	v.Set(fresh)
	return nil
}

func decodeStruct(t *tree, v reflect.Value, path string) error {
	if t.kind == scalarTree && t.scalar == nil {
		return nil // "train:" with nothing below keeps the defaults
	}
	fields := structFields(v)
	if t.kind != mappingTree {
		return wrongType(t, path, "a mapping with keys such as "+strings.Join(firstNames(fields, 3), ", "))
	}
	for _, key := range t.keys {
		i := slices.IndexFunc(fields, func(f namedField) bool { return f.name == key })
		if i < 0 {
			return unknownKey(t.fields[key], path, key, fields)
		}
		if err := decodeTree(t.fields[key], fields[i].value, join(path, key)); err != nil {
			return err
		}
	}
	return nil
}

func decodeSlice(t *tree, v reflect.Value, path string) error {
	if t.kind == scalarTree && t.scalar == nil {
		v.SetZero()
		return nil
	}
	if t.kind != listTree {
		return wrongType(t, path, "a list such as "+exampleOf(v.Type()))
	}
	out := reflect.MakeSlice(v.Type(), len(t.items), len(t.items))
	for i, item := range t.items {
		if err := decodeTree(item, out.Index(i), fmt.Sprintf("%s.%d", path, i)); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

func decodeArray(t *tree, v reflect.Value, path string) error {
	if t.kind != listTree || len(t.items) != v.Len() {
		return wrongType(t, path, fmt.Sprintf("a list of %d values", v.Len()))
	}
	for i, item := range t.items {
		if err := decodeTree(item, v.Index(i), fmt.Sprintf("%s.%d", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeMap(t *tree, v reflect.Value, path string) error {
	if t.kind != mappingTree {
		return wrongType(t, path, "a mapping")
	}
	out := reflect.MakeMap(v.Type())
	for _, key := range t.keys {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := decodeTree(t.fields[key], value, join(path, key)); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), value)
	}
	v.Set(out)
	return nil
}

func decodeScalar(t *tree, v reflect.Value, path string) error {
	if t.kind != scalarTree {
		return wrongType(t, path, scalarName(v))
	}
	switch v.Kind() {
	case reflect.String:
		if s, ok := t.scalar.(string); ok {
			v.SetString(s)
			return nil
		}
	case reflect.Bool:
		if b, ok := t.scalar.(bool); ok {
			v.SetBool(b)
			return nil
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		if n, ok := integer(t.scalar); ok && !v.OverflowInt(n) {
			v.SetInt(n)
			return nil
		}
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		if n, ok := t.scalar.(uint64); ok && !v.OverflowUint(n) {
			v.SetUint(n)
			return nil
		}
		if n, ok := integer(t.scalar); ok && n >= 0 && !v.OverflowUint(uint64(n)) {
			v.SetUint(uint64(n))
			return nil
		}
	case reflect.Float32, reflect.Float64:
		if f, ok := number(t.scalar); ok {
			v.SetFloat(f)
			return nil
		}
	}
	return wrongType(t, path, scalarName(v))
}

func integer(scalar any) (int64, bool) {
	switch n := scalar.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	}
	return 0, false
}

func number(scalar any) (float64, bool) {
	switch n := scalar.(type) {
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	}
	return 0, false
}

func scalarName(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return "a whole number, 0 or more"
	}
	return "a whole number"
}

func exampleOf(list reflect.Type) string {
	switch list.Elem().Kind() {
	case reflect.String:
		return "[a, b]"
	case reflect.Float32, reflect.Float64:
		return "[0.5, 1]"
	case reflect.Struct:
		return `"- name: ..." lines`
	}
	return "[0, 2]"
}

func wrongType(t *tree, path, expected string) error {
	hint := ""
	if expected == "text" {
		hint = "put quotes around it"
	}
	return fault.New(fault.Usage, hint, "%s: key %q: expected %s, found %s", t.origin, path, expected, t.describe())
}

func unknownKey(t *tree, path, key string, fields []namedField) error {
	where := "at the top level"
	if path != "" {
		where = "in " + path
	}
	names := firstNames(fields, len(fields))
	hint := "known keys here: " + strings.Join(names, ", ")
	if near := fault.Nearest(key, names); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", join(path, near), hint)
	} else if elsewhere := findKey(key); elsewhere != "" {
		hint = fmt.Sprintf("did you mean %s? %s", elsewhere, hint)
	}
	return fault.New(fault.Usage, hint, "%s: unknown key %q %s", t.origin, key, where)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
