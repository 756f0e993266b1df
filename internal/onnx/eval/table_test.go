package eval

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/onnx"
)

// notRead are attributes whose values this package has no type for.
var notRead = map[string]bool{"Constant.sparse_value": true, "Constant.value_string": true, "Constant.value_strings": true}

// TestTableAgreesWithTheStandard compares every row, in every opset, with the
// schemas of the onnx package. The file is written by scripts/onnx_figures.py.
func TestTableAgreesWithTheStandard(t *testing.T) {
	text, err := os.ReadFile("testdata/definitions.json")
	if err != nil {
		t.Fatal(err)
	}
	var standard struct{ Operators map[string][][6]any }
	if err := json.Unmarshal(text, &standard); err != nil {
		t.Fatal(err)
	}
	for name, rows := range operators {
		schemas, ok := standard.Operators[name]
		if !ok {
			t.Errorf("the standard has no operator %s", name)
			continue
		}
		for opset := max(7, rows[0].Since); opset <= 26; opset++ {
			at := slices.IndexFunc(schemas, func(s [6]any) bool { return int64(s[0].(float64)) > opset })
			if at < 0 {
				at = len(schemas)
			}
			if at == 0 {
				t.Errorf("%s is not in opset %d", name, opset)
				continue
			}
			compareDefinition(t, name, opset, schemas[at-1])
		}
	}
}

func compareDefinition(t *testing.T, name string, opset int64, schema [6]any) {
	t.Helper()
	op, ok := Lookup("", name, opset)
	if attributes := schema[5].(string); attributes == "deprecated" {
		// GroupNormalization's first definition was taken back; files have it.
		if ok && name != "GroupNormalization" {
			t.Errorf("%s is deprecated in opset %d", name, opset)
		}
		return
	}
	if !ok {
		t.Errorf("%s is not found in opset %d", name, opset)
		return
	}
	number := func(i int) int { return int(min(schema[i].(float64), many)) }
	if in, out := (arity{number(1), number(2)}), (arity{number(3), number(4)}); op.inputs != in || op.outputs != out {
		t.Errorf("%s in opset %d has %v inputs and %v outputs, want %v and %v", name, opset, op.inputs, op.outputs, in, out)
	}
	letters := map[onnx.AttributeKind]string{}
	for letter, kind := range kindLetters {
		letters[kind] = letter
	}
	var got, want []string
	for attribute, rule := range op.attributes {
		word := attribute + ":" + letters[rule.kind]
		if rule.required {
			word += "!"
		}
		got = append(got, word)
	}
	for word := range strings.FieldsSeq(schema[5].(string)) {
		if attribute, _, _ := strings.Cut(word, ":"); !notRead[name+"."+attribute] {
			want = append(want, word)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s in opset %d has attributes %v, want %v", name, opset, got, want)
	}
}
