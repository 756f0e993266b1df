package pipeline

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// namedField is one struct field under its name in YAML.
type namedField struct {
	name  string
	value reflect.Value
}

// structFields lists the fields of v by their YAML names in the order of
// declaration; embedded structs without a name are flattened, "-" is left out.
func structFields(v reflect.Value) []namedField {
	var out []namedField
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case name == "-":
		case strings.Contains(options, "inline"), field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			out = append(out, structFields(v.Field(i))...)
		case name == "":
			out = append(out, namedField{strings.ToLower(field.Name), v.Field(i)})
		default:
			out = append(out, namedField{name, v.Field(i)})
		}
	}
	return out
}

func firstNames(fields []namedField, n int) []string {
	names := make([]string, 0, n)
	for _, f := range fields[:min(n, len(fields))] {
		names = append(names, f.name)
	}
	return names
}

// asTree turns a configuration into maps, lists and scalars under its YAML
// names, for run.json and for the keys of tasks. Nil pointers become null.
func asTree(v any) any { return valueTree(reflect.ValueOf(v)) }

func valueTree(v reflect.Value) any {
	if name, settings, ok := chosen(v); ok {
		return map[string]any{name: valueTree(reflect.ValueOf(settings))}
	}
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return valueTree(v.Elem())
	case reflect.Struct:
		out := map[string]any{}
		for _, f := range structFields(v) {
			out[f.name] = valueTree(f.value)
		}
		return out
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = valueTree(v.Index(i))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = valueTree(it.Value())
		}
		return out
	}
	return v.Interface()
}

// findKey looks for a key of exactly this name anywhere in the configuration
// and returns its dotted path, or "".
func findKey(key string) string {
	return findKeyIn(reflect.ValueOf(Default()), "", key)
}

func findKeyIn(v reflect.Value, path, key string) string {
	if v.Kind() == reflect.Pointer {
		v = reflect.New(v.Type().Elem()).Elem()
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct {
		v, path = reflect.New(v.Type().Elem()).Elem(), path+".0"
	}
	if v.Kind() != reflect.Struct {
		return ""
	}
	fields := structFields(v)
	for _, f := range fields {
		if f.name == key && path != "" {
			return join(path, key)
		}
	}
	for _, f := range fields {
		if found := findKeyIn(f.value, join(path, f.name), key); found != "" {
			return found
		}
	}
	return ""
}

// asYAML writes a configuration with every key, in the order of declaration.
func asYAML(v any) string {
	text, err := yaml.Marshal(orderedTree(reflect.ValueOf(v)))
	if err != nil {
		return fmt.Sprintf("# %v\n", err)
	}
	return string(text)
}

// chosen takes a oneKey apart.
func chosen(v reflect.Value) (name string, settings any, ok bool) {
	if !v.IsValid() || !reflect.PointerTo(v.Type()).Implements(reflect.TypeFor[oneKey]()) {
		return "", nil, false
	}
	choice := reflect.New(v.Type())
	choice.Elem().Set(v)
	name, settings = choice.Interface().(oneKey).Chosen()
	return name, settings, true
}

func orderedTree(v reflect.Value) any {
	if name, settings, ok := chosen(v); ok {
		return yaml.MapSlice{{Key: name, Value: orderedTree(reflect.ValueOf(settings))}}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return orderedTree(v.Elem())
	case reflect.Struct:
		var out yaml.MapSlice
		for _, f := range structFields(v) {
			out = append(out, yaml.MapItem{Key: f.name, Value: orderedTree(f.value)})
		}
		return out
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = orderedTree(v.Index(i))
		}
		return out
	}
	return v.Interface()
}
