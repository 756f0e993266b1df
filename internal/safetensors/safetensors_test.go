package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"melanoma/internal/fault"
)

// TestReadsThePythonPackagesFile compares with values that torch gave for a
// file of every type that the Python package wrote.
func TestReadsThePythonPackagesFile(t *testing.T) {
	var want struct {
		Values map[string][]string
		Shapes map[string][]int
	}
	text, err := os.ReadFile("testdata/every_dtype.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	f, err := Open("testdata/every_dtype.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Tensors) != len(want.Values) || f.Metadata["note"] != "grün" || f.Metadata["format"] != "pt" {
		t.Errorf("%d tensors and metadata %v", len(f.Tensors), f.Metadata)
	}
	for _, tensor := range f.Tensors {
		if !slices.Equal(tensor.Shape, want.Shapes[tensor.Name]) {
			t.Errorf("%s has shape %v, want %v", tensor.Name, tensor.Shape, want.Shapes[tensor.Name])
		}
		got, err := tensor.Float32s()
		if !strings.Contains("F64 F32 F16 BF16", string(tensor.Dtype)) {
			if fault.KindOf(err) != fault.Input {
				t.Errorf("%s of %s gave weights, error %v", tensor.Name, tensor.Dtype, err)
			}
			continue
		}
		if err != nil || len(got) != len(want.Values[tensor.Name]) {
			t.Fatalf("%s: %d values, error %v", tensor.Name, len(got), err)
		}
		for i, v := range got {
			w, err := strconv.ParseFloat(want.Values[tensor.Name][i], 64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Float32bits(v) != math.Float32bits(float32(w)) {
				t.Errorf("%s[%d] is %v, want %v", tensor.Name, i, v, w)
			}
		}
	}
}

func TestWritesTheBytesOfThePythonPackage(t *testing.T) {
	want, err := os.ReadFile("testdata/floats.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	sevenths := make([]float32, 6)
	for i := range sevenths {
		sevenths[i] = float32(i) / 7
	}
	err = Write(&got, []Floats{{"a.bias", []int{1}, []float32{0.5}}, {"b.weight", []int{2, 3}, sevenths}, {"c", nil, []float32{2}}}, map[string]string{"format": "pt"})
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("error %v, wrote\n%q, want\n%q", err, got.Bytes(), want)
	}
}

// file puts a header before data.
func file(header, data string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+data...)
}

func TestNumbersAtOddAddressesAreRead(t *testing.T) {
	content := file(`{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}`, "x\x00\x00\xc0\x3f\x00\x00\x00\xc0")
	f, err := Decode(content)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Tensors[1].Float32s(); err != nil || !slices.Equal(got, []float32{1.5, -2}) {
		t.Errorf("%v, error %v", got, err)
	}
}

// hostile is a file that must be refused, and what the error says.
type hostile struct {
	content []byte
	want    string
}

func hostileFiles() map[string]hostile {
	tensor := func(name, dtype, shape, offsets string) string {
		return `"` + name + `":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}`
	}
	huge := binary.LittleEndian.AppendUint64(nil, math.MaxUint64)
	return map[string]hostile{
		"empty":                        {nil, "too few"},
		"seven bytes":                  {make([]byte, 7), "too few"},
		"a header longer than all":     {append(huge, "{}"...), "its header is said to have 18446744073709551615 bytes"},
		"no object":                    {file(`[]`, ""), "does not start with {"},
		"not UTF-8":                    {file("{\"\xff\":1}", ""), "not UTF-8"},
		"torn header":                  {file(`{"a":{"dtype":"F32"`, ""), "EOF"},
		"two objects":                  {file(`{}{}`, ""), "goes on after its end"},
		"deep nesting":                 {file(`{"a":`+strings.Repeat("[", 1<<20)+"}", ""), "belongs"},
		"deep nesting in a shape":      {file(`{"a":{"shape":`+strings.Repeat("[", 1<<20)+"}", ""), "belongs"},
		"deep metadata":                {file(`{"__metadata__":{"a":{"b":{}}}}`, ""), "where a text belongs"},
		"a name twice":                 {file("{"+tensor("a", "F32", "[1]", "[0,4]")+","+tensor("a", "F32", "[1]", "[4,8]")+"}", "12345678"), `the name "a" is there twice`},
		"an escaped name twice":        {file("{"+tensor("a", "F32", "[1]", "[0,4]")+","+tensor(`\u0061`, "F32", "[1]", "[4,8]")+"}", "12345678"), `the name "a" is there twice`},
		"metadata twice":               {file(`{"__metadata__":{},"__metadata__":{}}`, ""), "is there twice"},
		"a member twice":               {file(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "1234"), "dtype is there twice"},
		"a member missing":             {file(`{"a":{"dtype":"F32","shape":[1]}}`, "1234"), "not all there"},
		"an unknown type":              {file("{"+tensor("a", "F4", "[2]", "[0,1]")+"}", "1"), `the dtype "F4" is not supported`},
		"a negative dimension":         {file("{"+tensor("a", "F32", "[-1]", "[0,4]")+"}", "1234"), "-1 where a whole number belongs"},
		"a broken dimension":           {file("{"+tensor("a", "F32", "[1.5]", "[0,6]")+"}", "123456"), "1.5 where a whole number belongs"},
		"a dimension in words":         {file("{"+tensor("a", "F32", `["1"]`, "[0,4]")+"}", "1234"), "where a whole number belongs"},
		"an overflowing shape":         {file("{"+tensor("a", "F32", "[4294967296,4294967296,1]", "[0,0]")+"}", ""), "more elements than can be counted"},
		"an overflow to the right sum": {file("{"+tensor("a", "F32", "[9223372036854775807,2]", "[0,0]")+"}", ""), "more elements than can be counted"},
		"two gigabytes in a kilobyte":  {file("{"+tensor("a", "F32", "[536870912]", "[0,2147483648]")+"}", "1234"), "from 0 to 2147483648 of 4"},
		"a shape of another size":      {file("{"+tensor("a", "F32", "[2]", "[0,4]")+"}", "1234"), "takes 8 bytes, its range from 0 to 4 has 4"},
		"a range that ends first":      {file("{"+tensor("a", "F32", "[1]", "[4,0]")+"}", "1234"), "from 4 to 0"},
		"a range of three":             {file("{"+tensor("a", "F32", "[1]", "[0,4,4]")+"}", "1234"), "more than 2 numbers"},
		"a range of one":               {file("{"+tensor("a", "F32", "[1]", "[0]")+"}", "1234"), "1 data_offsets"},
		"overlapping tensors":          {file("{"+tensor("a", "F32", "[1]", "[0,4]")+","+tensor("b", "F32", "[1]", "[2,6]")+"}", "123456"), "overlap those of another"},
		"the same bytes twice":         {file("{"+tensor("a", "F32", "[1]", "[0,4]")+","+tensor("b", "F32", "[1]", "[0,4]")+"}", "1234"), "overlap those of another"},
		"a gap":                        {file("{"+tensor("a", "F32", "[1]", "[4,8]")+"}", "12345678"), "leave a gap"},
		"bytes left over":              {file("{"+tensor("a", "F32", "[1]", "[0,4]")+"}", "12345"), "take 4 bytes, the file has 5"},
		"a truncated tensor":           {file("{"+tensor("a", "F32", "[1]", "[0,4]")+"}", "123"), "from 0 to 4 of 3"},
		"a thousand dimensions":        {file("{"+tensor("a", "F32", "["+strings.Repeat("1,", 999)+"1]", "[0,4]")+"}", "1234"), "more than 64 numbers"},
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	for name, c := range hostileFiles() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "w.safetensors")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v does not say %q and name the file", err, c.want)
			}
			if fault.KindOf(err) != fault.Input || fault.HintOf(err) == "" {
				t.Errorf("kind %d, hint %q", fault.KindOf(err), fault.HintOf(err))
			}
			if grown := testing.AllocsPerRun(1, func() { _, err = Decode(c.content) }); grown > 3000 {
				t.Errorf("%g allocations to refuse %d bytes", grown, len(c.content))
			}
		})
	}
	if _, err := Open(t.TempDir()); fault.KindOf(err) != fault.Input {
		t.Errorf("a folder: %v", err)
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/every_dtype.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Decode(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for a file", n, len(whole))
		}
	}
}

func TestWriteRefusesWhatCouldNotBeRead(t *testing.T) {
	for name, tensors := range map[string][]Floats{
		"a name twice":    {{"a", nil, []float32{1}}, {"a", nil, []float32{1}}},
		"a reserved name": {{"__metadata__", nil, []float32{1}}},
		"a wrong shape":   {{"a", []int{2}, []float32{1}}},
	} {
		var out bytes.Buffer
		if err := Write(&out, tensors, nil); err == nil || out.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes", name, err, out.Len())
		}
	}
	var out bytes.Buffer
	if err := Write(&out, nil, nil); err != nil {
		t.Fatal(err)
	}
	if f, err := Decode(out.Bytes()); err != nil || len(f.Tensors) != 0 {
		t.Errorf("a file of nothing: %v", err)
	}
}

// FuzzDecode checks that every file is refused or has tensors that can be
// read and written again to the same values.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"every_dtype", "floats"} {
		content, err := os.ReadFile("testdata/" + name + ".safetensors")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	for _, h := range hostileFiles() {
		f.Add(h.content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		decoded, err := Decode(content)
		if err != nil {
			return
		}
		var tensors []Floats
		total := 0
		for _, tensor := range decoded.Tensors {
			total += len(tensor.Data)
			if values, err := tensor.Float32s(); err == nil {
				tensors = append(tensors, Floats{tensor.Name, tensor.Shape, values})
			}
		}
		if total > len(content) {
			t.Fatalf("%d bytes of tensors in a file of %d", total, len(content))
		}
		var out bytes.Buffer
		if err := Write(&out, tensors, decoded.Metadata); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for i, tensor := range again.Tensors {
			values, err := tensor.Float32s()
			same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
			if err != nil || tensor.Name != tensors[i].Name || !slices.EqualFunc(values, tensors[i].Values, same) {
				t.Fatalf("tensor %s changed on its way, error %v", tensor.Name, err)
			}
		}
	})
}
