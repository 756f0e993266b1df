package onnx

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"melanoma/internal/fault"
	"melanoma/internal/mapped"
	"melanoma/internal/numtest"
)

// small returns a model with one of everything that is kept.
func small() *Model {
	inner := &Graph{Name: "inner", Nodes: []*Node{{Op: "Identity", Inputs: []string{"x"}, Outputs: []string{"y"}}}, Outputs: []Value{{Name: "y"}}}
	return &Model{
		IRVersion: 8, Producer: "test", ProducerVersion: "1", Opset: 17, Opsets: map[string]int64{"com.example": 2},
		Metadata: map[string]string{"b": "2", "a": "1"},
		Graph: &Graph{
			Name: "small",
			Nodes: []*Node{{
				Name: "n", Op: "Op", Domain: "com.example", Inputs: []string{"x", "", "w"}, Outputs: []string{"y", ""},
				Attributes: []*Attribute{
					FloatAttribute("f", 0.5), IntAttribute("i", -3), TextAttribute("s", "text"), IntsAttribute("is", 1, -1),
					FloatsAttribute("fs", 1, 2), TensorAttribute("t", NewTensor("", []int64{7})),
					{Name: "g", Kind: KindGraph, Graph: inner}, {Name: "ss", Kind: KindTexts, Texts: []string{"p", "q"}},
				},
			}},
			Initializers: []*Tensor{
				NewTensor("w", []float32{1, 2, 3, 4, 5, 6}, 2, 3), NewTensor("empty", []float64{}, 0), NewRawTensor("flag", Bool, []byte{1}),
				NewTensor("after", []int16{-1, 2}, 2), {Name: "texts", Type: Text, Dims: []int64{2}, texts: []string{"a", ""}, stored: inTexts},
				{Name: "outside", Type: Float, Dims: []int64{1}, External: &External{Location: "w.bin", Offset: 8, Length: 4, HasLength: true}},
			},
			Inputs:    []Value{{Name: "x", Type: Float, Dims: []Dim{{Size: Unknown, Param: "batch"}, {Size: 3}, {Size: Unknown}}}, {Name: "any", Type: Int64}},
			Outputs:   []Value{{Name: "y", Type: Float, Dims: []Dim{}}},
			ValueInfo: []Value{{Name: "z", Type: Float16, Dims: []Dim{{Size: 0}}}},
		},
	}
}

func encoded(t testing.TB, m *Model) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := m.Encode(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// facts makes two models comparable: what tensors hold, not how.
func facts(t testing.TB, m *Model) string {
	t.Helper()
	var b strings.Builder
	var graph func(g *Graph)
	tensor := func(x *Tensor) {
		raw, err := x.Raw()
		fmt.Fprintf(&b, "tensor %s %s %v %x %q %v %v\n", x.Name, x.Type, x.Dims, raw, x.texts, err, x.External)
	}
	graph = func(g *Graph) {
		fmt.Fprintf(&b, "graph %s %v %v %v\n", g.Name, g.Inputs, g.Outputs, g.ValueInfo)
		for _, n := range g.Nodes {
			fmt.Fprintf(&b, "node %q %s %q %q %q\n", n.Name, n.Op, n.Domain, n.Inputs, n.Outputs)
			for _, a := range n.Attributes {
				fmt.Fprintf(&b, "attribute %s %d %g %d %q %g %d %q\n", a.Name, a.Kind, a.Float, a.Int, a.Text, a.Floats, a.Ints, a.Texts)
				if a.Tensor != nil {
					tensor(a.Tensor)
				}
				if a.Graph != nil {
					graph(a.Graph)
				}
			}
		}
		for _, x := range g.Initializers {
			tensor(x)
		}
	}
	fmt.Fprintln(&b, m.IRVersion, m.Producer, m.ProducerVersion, m.Opset, m.Opsets, m.Metadata)
	graph(m.Graph)
	return b.String()
}

func TestEncodedModelReadsBackEqual(t *testing.T) {
	want := small()
	data := encoded(t, want)
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if facts(t, got) != facts(t, want) {
		t.Errorf("got\n%s\nwant\n%s", facts(t, got), facts(t, want))
	}
	if again := encoded(t, got); !bytes.Equal(again, data) {
		t.Error("the same model has other bytes")
	}
}

func TestFilesOfOthersReadBackEqual(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(numtest.Shared(t, "onnx"), "*", "*", "model.onnx"))
	if err != nil || len(files) < 400 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, folder := range []string{"light", "exported", "pretrained", "efficientnet_b0_onnx_graph_only"} {
		more, err := filepath.Glob(filepath.Join(numtest.Shared(t, "onnx"), folder, "*.onnx"))
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: no files, error %v", folder, err)
		}
		files = append(files, more...)
	}
	for _, file := range files {
		m, err := Open(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if m.Graph.Inputs[0].Kind != "" {
			continue // optional and sequence types are not written
		}
		again, err := Decode(encoded(t, m))
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Graph.Initializers { // a decoded model has no folder
			if x := m.Graph.Initializers[i]; x.External != nil {
				x.folder = nil
			}
		}
		if facts(t, again) != facts(t, m) {
			t.Errorf("%s: differs after encoding", file)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrittenValuesAreAligned(t *testing.T) {
	m := small()
	for i := range 300 { // names of all lengths, around 127 bytes too
		m.Graph.Initializers = append(m.Graph.Initializers, NewTensor(strings.Repeat("n", i), []float64{float64(i)}, 1))
	}
	data := encoded(t, m)
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range got.Graph.Initializers {
		if len(x.raw) == 0 {
			continue
		}
		if at := uintptr(unsafe.Pointer(&x.raw[0])) - uintptr(unsafe.Pointer(&data[0])); at%alignment != 0 {
			t.Fatalf("%s lies at %d", x.Name, at)
		}
	}
}

func TestOpenedValuesAreViewsOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(path, encoded(t, small()), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	w := m.Graph.Initializer("w")
	a, err := w.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Values[float32](w)
	a[0] = 99
	if b[0] != 99 {
		t.Error("two accesses returned two copies")
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if v, _ := again.Graph.Initializer("w").Float32s(); v[0] != 1 {
		t.Error("writing to the values changed the file")
	}
}

func TestNumbersOfEveryTypeAndStorage(t *testing.T) {
	ints := func(dtype DataType, s storage, v ...int64) *Tensor {
		return &Tensor{Name: "t", Type: dtype, Dims: []int64{int64(len(v))}, ints: v, stored: s}
	}
	for name, c := range map[string]struct {
		tensor *Tensor
		want   []float64
	}{
		"float":                  {NewTensor("t", []float32{1.5, -2}, 2), []float64{1.5, -2}},
		"double":                 {NewTensor("t", []float64{1e-300}, 1), []float64{1e-300}},
		"int8":                   {NewTensor("t", []int8{-128}, 1), []float64{-128}},
		"uint8":                  {NewTensor("t", []uint8{255}, 1), []float64{255}},
		"uint64":                 {NewTensor("t", []uint64{1 << 63}, 1), []float64{1 << 63}},
		"int8 as int32":          {ints(Int8, inInts32, -5, 7), []float64{-5, 7}},
		"uint16 as int32":        {ints(Uint16, inInts32, 65535), []float64{65535}},
		"bool as int32":          {ints(Bool, inInts32, 1, 0), []float64{1, 0}},
		"float16 as int32":       {ints(Float16, inInts32, 0x3c00, 0xc000, 0x0001, 0x7c00), []float64{1, -2, 0x1p-24, math.Inf(1)}},
		"bfloat16 as int32":      {ints(BFloat16, inInts32, 0x3f80, 0xc040), []float64{1, -3}},
		"int64 in int64":         {ints(Int64, inInts64, -1), []float64{-1}},
		"uint32 in uint64":       {ints(Uint32, inUints64, 1<<32-1), []float64{1<<32 - 1}},
		"a scalar":               {NewTensor("t", []int32{4}), []float64{4}},
		"nothing in two columns": {NewTensor("t", []int32{}, 0, 2), []float64{}},
	} {
		got, err := c.tensor.Float64s()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, error %v, want %v", name, got, err, c.want)
		}
	}
}

func TestUnalignedBytesAreRead(t *testing.T) {
	raw := append([]byte{0}, mapped.Bytes([]float32{1, 2, 3})...)[1:]
	got, err := NewRawTensor("t", Float, raw, 3).Float32s()
	if err != nil || !reflect.DeepEqual(got, []float32{1, 2, 3}) {
		t.Errorf("%v, error %v", got, err)
	}
}

func TestImpossibleTensorsAreRefused(t *testing.T) {
	for want, tensor := range map[string]*Tensor{
		"impossible shape [-1]":                    {Name: "t", Type: Float, Dims: []int64{-1}},
		"impossible shape [2147483648 2147483648]": {Name: "t", Type: Float, Dims: []int64{1 << 31, 1 << 31}},
		"impossible shape [65536 65536 65536]":     {Name: "t", Type: Float, Dims: []int64{1 << 16, 1 << 16, 1 << 16}},
		"has 33 dimensions":                        {Name: "t", Type: Float, Dims: make([]int64, 33)},
		"has 0 values, its shape [536870912]":      {Name: "t", Type: Float, Dims: []int64{1 << 29}},
		"has 2 values, its shape [3]":              {Name: "t", Type: Int64, Dims: []int64{3}, ints: []int64{1, 2}, stored: inInts64},
		"elements of complex64":                    {Name: "t", Type: 14},
		"elements of type 99":                      {Name: "t", Type: 99},
		"in a field for other types":               {Name: "t", Type: Int64, stored: inFloats},
		"outside of the model's folder":            {Name: "t", Type: Float, External: &External{Location: "../w"}},
		"does not come from a folder":              {Name: "t", Type: Float, External: &External{Location: "w"}},
	} {
		if _, err := tensor.Raw(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestUnreadableMessagesAreInputErrors(t *testing.T) {
	nest := func(number protowire.Number, sub message) message {
		var m message
		m.nested(number, sub)
		return m
	}
	var opset message
	opset.nested(8, []byte{0x10, 17})
	deep := message{}
	for range 40 {
		deep = nest(1, nest(5, nest(6, deep))) // a node's attribute's graph
	}
	var negative, segment message
	negative.integer(1, -7)
	segment.nested(3, nil)
	for name, c := range map[string]struct {
		data message
		want string
	}{
		"nothing":              {nil, "no graph"},
		"no opset":             {nest(7, nil), "no opset"},
		"text":                 {message("image_name,target\n"), "not a valid ONNX model"},
		"sparse":               {nest(7, nest(15, nest(1, message("\x42\x01s")))), "initializer s is a sparse tensor"},
		"deep":                 {nest(7, deep), "nested deeper"},
		"negative dimension":   {nest(7, nest(11, nest(2, nest(1, nest(2, nest(1, negative)))))), "dimension -7 is impossible"},
		"segments":             {nest(7, nest(5, segment)), "segments"},
		"a number for a name":  {nest(7, message("\x10\x01")), "wrong type"},
		"attribute of types":   {nest(7, nest(1, nest(5, nest(14, nil)))), "kind (field 14)"},
		"attribute of unknown": {nest(7, nest(1, nest(5, message("\xa0\x01\x63")))), "kind 99"},
		"offset of words":      {nest(7, nest(5, nest(13, message("\x0a\x06offset\x12\x02-1")))), `offset "-1"`},
	} {
		_, err := Decode(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.KindOf(err) != fault.Input || fault.HintOf(err) == "" {
			t.Errorf("%s: error %v, want an input error with %q and a hint", name, err, c.want)
		}
	}
}

func TestManyEmptyMessagesAreRefusedEarly(t *testing.T) {
	graph := bytes.Repeat([]byte{0x0a, 0}, maxMessages+1) // empty nodes
	var data message
	data.nested(7, graph)
	if _, err := Decode(data); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("error %v", err)
	}
}

func TestEveryCutIsRefusedOrRead(t *testing.T) {
	whole := encoded(t, small())
	for cut := range len(whole) {
		if m, err := Decode(whole[:cut]); err == nil && m.Graph == nil {
			t.Errorf("cut at %d: no graph and no error", cut)
		}
	}
}

func TestDataInASecondFileStaysInTheFolder(t *testing.T) {
	folder := t.TempDir()
	inside, outside := filepath.Join(folder, "model"), filepath.Join(folder, "secret")
	write := func(path string, data []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(inside, "w.bin"), mapped.Bytes([]float32{9, 1, 2}))
	write(filepath.Join(inside, "sub", "w.bin"), mapped.Bytes([]float32{9, 1, 2}))
	write(outside, make([]byte, 64))
	for link, to := range map[string]string{"good": "w.bin", "bad": "../secret", "absolute": outside, "dir": ".."} {
		if err := os.Symlink(to, filepath.Join(inside, link)); err != nil {
			t.Skipf("symbolic links: %v", err)
		}
	}
	for name, c := range map[string]struct {
		external External
		want     string
	}{
		"beside the model":    {External{Location: "w.bin", Offset: 4, Length: 8, HasLength: true}, ""},
		"without a length":    {External{Location: "w.bin", Offset: 4}, ""},
		"in a folder below":   {External{Location: "sub/w.bin", Offset: 4}, ""},
		"link in the folder":  {External{Location: "good", Offset: 4}, ""},
		"link out of it":      {External{Location: "bad"}, "cannot be read"},
		"absolute link":       {External{Location: "absolute"}, "cannot be read"},
		"folder out of it":    {External{Location: "dir/secret"}, "cannot be read"},
		"path out of it":      {External{Location: "../secret"}, "outside of the model's folder"},
		"absolute path":       {External{Location: outside}, "outside of the model's folder"},
		"no path":             {External{}, "outside of the model's folder"},
		"a folder":            {External{Location: "sub"}, "not a regular file"},
		"absent":              {External{Location: "none"}, "cannot be read"},
		"beyond the end":      {External{Location: "w.bin", Offset: 8}, "beyond the end"},
		"far beyond the end":  {External{Location: "w.bin", Offset: math.MaxInt64}, "beyond the end"},
		"another length":      {External{Location: "w.bin", Offset: 4, Length: 4, HasLength: true}, "has 4 bytes in w.bin, its shape [2] needs 8"},
		"a shape of 2 GB":     {External{Location: "w.bin", Length: 1 << 31, HasLength: true}, "needs 8"},
		"the model's own end": {External{Location: "m.onnx", Offset: 1 << 20}, "beyond the end"},
	} {
		m := small()
		m.Graph.Initializers = []*Tensor{{Name: "w", Type: Float, Dims: []int64{2}, External: &c.external}}
		path := filepath.Join(inside, "m.onnx")
		write(path, encoded(t, m))
		opened, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := opened.Graph.Initializers[0].Float32s()
		switch {
		case c.want == "" && (err != nil || !reflect.DeepEqual(v, []float32{1, 2})):
			t.Errorf("%s: %v, error %v", name, v, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenNamesWhatItCannotRead(t *testing.T) {
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty.onnx")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{folder: "not a regular file", filepath.Join(folder, "none"): "no such file", empty: "no graph"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || fault.KindOf(err) != fault.Input {
			t.Errorf("error %v, want an input error with %q", err, want)
		}
	}
}
