package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/onnx"
)

// array is a tensor as .npy files hold it, read into float32, row-major.
type array struct {
	shape []int
	data  []float32
}

const npyMagic = "\x93NUMPY"

var (
	npyDescr = regexp.MustCompile(`'descr':\s*'([^']+)'`)
	npyOrder = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape':\s*\(([^)]*)\)`)
)

// readNPY reads a .npy file of numbers of any type into float32.
func readNPY(path string) (*array, error) {
	t, err := readTensor(path)
	if err != nil {
		return nil, err
	}
	out := &array{}
	if out.shape, err = t.Shape(); err != nil {
		return nil, err
	}
	out.data, err = t.Float32s()
	return out, err
}

// readTensor reads a little-endian .npy file (format 1 to 3) of floats,
// integers or booleans in C order.
func readTensor(path string) (*onnx.Tensor, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Input, "numpy.save writes such a file", "read %s: %w", path, err)
	}
	bad := func(what string) error {
		return fault.New(fault.Input, "numpy.save(path, np.ascontiguousarray(x, 'float32')) writes a file that can be read", "read %s: %s", path, what)
	}
	if len(text) < 12 || string(text[:6]) != npyMagic {
		return nil, bad("not a .npy file")
	}
	start, size := 10, int(binary.LittleEndian.Uint16(text[8:]))
	if text[6] > 1 {
		start, size = 12, int(binary.LittleEndian.Uint32(text[8:]))
	}
	if size < 0 || start+size > len(text) {
		return nil, bad("the header is cut off")
	}
	header, body := text[start:start+size], text[start+size:]
	descr, order, shape := npyDescr.FindSubmatch(header), npyOrder.FindSubmatch(header), npyShape.FindSubmatch(header)
	if descr == nil || order == nil || shape == nil {
		return nil, bad("the header names no type, order or shape")
	}
	if string(order[1]) == "True" {
		return nil, bad("the array is in Fortran order")
	}
	var dims []int
	n := 1
	for _, field := range strings.Split(string(shape[1]), ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		d, err := strconv.Atoi(field)
		if err != nil || d < 0 || d > 0 && n > math.MaxInt32/d {
			return nil, bad("the shape is " + string(shape[1]))
		}
		dims = append(dims, d)
		n *= d
	}
	dtype, ok := npyTypes[strings.TrimLeft(string(descr[1]), "<|=")]
	if !ok {
		return nil, bad("elements of type " + string(descr[1]) + " are not supported")
	}
	if len(body) != n*dtype.Size() {
		return nil, bad(fmt.Sprintf("%d bytes of data for shape %v of %s", len(body), dims, descr[1]))
	}
	return onnx.NewRawTensor(filepath.Base(path), dtype, body, dims...), nil
}

// npyTypes are numpy's names of the element types.
var npyTypes = map[string]onnx.DataType{
	"f2": onnx.Float16, "f4": onnx.Float, "f8": onnx.Double, "b1": onnx.Bool, "i1": onnx.Int8, "i2": onnx.Int16, "i4": onnx.Int32, "i8": onnx.Int64,
	"u1": onnx.Uint8, "u2": onnx.Uint16, "u4": onnx.Uint32, "u8": onnx.Uint64,
}

// writeNPY writes float32 data as a .npy file, format 1.0, whole or not at all.
func writeNPY(path string, a *array) error {
	return writeTensor(path, onnx.NewTensor("", a.data, a.shape...))
}

// writeTensor writes a tensor as a .npy file of its own type; bfloat16, which
// numpy does not have, becomes float32.
func writeTensor(path string, t *onnx.Tensor) error {
	shape, err := t.Shape()
	if err != nil {
		return err
	}
	if t.Type == onnx.BFloat16 {
		values, err := t.Float32s()
		if err != nil {
			return err
		}
		t = onnx.NewTensor("", values, shape...)
	}
	raw, err := t.Raw()
	if err != nil {
		return err
	}
	descr := ""
	for name, dtype := range npyTypes {
		if dtype == t.Type {
			descr = name
		}
	}
	order := "<"
	if t.Type.Size() == 1 {
		order = "|"
	}
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = strconv.Itoa(d)
	}
	sizes := strings.Join(dims, ", ")
	if len(dims) == 1 {
		sizes += ","
	}
	header := fmt.Sprintf("{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }", order, descr, sizes)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	var buf bytes.Buffer
	buf.WriteString(npyMagic + "\x01\x00")
	buf.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	buf.WriteString(header)
	buf.Write(raw)
	return artifact.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(buf.Bytes())
		return err
	})
}
