package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
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

// readNPY reads a little-endian .npy file (format 1 to 3) of floats, integers
// or booleans in C order.
func readNPY(path string) (*array, error) {
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
	out := &array{}
	n := 1
	for _, field := range strings.Split(string(shape[1]), ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		d, err := strconv.Atoi(field)
		if err != nil || d < 0 || d > 0 && n > math.MaxInt32/d {
			return nil, bad("the shape is " + string(shape[1]))
		}
		out.shape = append(out.shape, d)
		n *= d
	}
	width, convert := npyType(string(descr[1]))
	if convert == nil {
		return nil, bad("elements of type " + string(descr[1]) + " are not supported")
	}
	if len(body) != n*width {
		return nil, bad(fmt.Sprintf("%d bytes of data for shape %v of %s", len(body), out.shape, descr[1]))
	}
	out.data = make([]float32, n)
	for i := range out.data {
		out.data[i] = convert(body[i*width:])
	}
	return out, nil
}

// npyType returns the size of an element and how to read it, nil if unknown.
func npyType(descr string) (int, func([]byte) float32) {
	le := binary.LittleEndian
	switch strings.TrimLeft(descr, "<|=") {
	case "f4":
		return 4, func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }
	case "f8":
		return 8, func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }
	case "i4":
		return 4, func(b []byte) float32 { return float32(int32(le.Uint32(b))) }
	case "i8":
		return 8, func(b []byte) float32 { return float32(int64(le.Uint64(b))) }
	case "u1":
		return 1, func(b []byte) float32 { return float32(b[0]) }
	case "b1":
		return 1, func(b []byte) float32 { return float32(b[0]) }
	}
	return 0, nil
}

// writeNPY writes float32 data as a .npy file, format 1.0, whole or not at all.
func writeNPY(path string, a *array) error {
	dims := make([]string, len(a.shape))
	for i, d := range a.shape {
		dims[i] = strconv.Itoa(d)
	}
	shape := strings.Join(dims, ", ")
	if len(dims) == 1 {
		shape += ","
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	var buf bytes.Buffer
	buf.WriteString(npyMagic + "\x01\x00")
	buf.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	buf.WriteString(header)
	for _, v := range a.data {
		buf.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
	}
	return artifact.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(buf.Bytes())
		return err
	})
}
