package artifact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// Reader reads the record batches of one file, each on its own. It holds the
// file's footer and an open file, and is safe for concurrent use.
type Reader struct {
	path   string
	closer io.Closer
	source io.ReaderAt
	meta   Meta
	slots  []slot
	blocks []block
	rows   []int
}

// Open opens a file and checks its kind and version; an empty kind accepts
// any. A missing, damaged or foreign file is an input fault naming it.
func Open(path, kind string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readFault(path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, readFault(path, err)
	}
	r, err := newReader(path, f, info.Size(), kind)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

func newReader(path string, source io.ReaderAt, size int64, kind string) (*Reader, error) {
	r := &Reader{path: path, source: source}
	f, err := readFooter(source, size)
	if errors.Is(err, errForeign) {
		return nil, fault.New(fault.Input, "it may have been made by another program", "artifact: read %s: %w", path, err)
	}
	if err != nil {
		return nil, r.fault(err)
	}
	if kind != "" && f.meta.Kind != kind {
		return nil, fault.New(fault.Input, "", "artifact: read %s: holds %q, not %q", path, f.meta.Kind, kind)
	}
	if known := KnownVersion(f.meta.Kind); f.meta.Version > known {
		return nil, fault.New(fault.Input, "use a newer melanoma", "artifact: read %s: version %d of %q is newer than %d, the newest known", path, f.meta.Version, f.meta.Kind, known)
	}
	r.meta, r.slots, r.blocks = f.meta, f.slots, f.blocks
	r.rows = make([]int, len(r.blocks))
	for i, b := range r.blocks {
		m, err := readMessage(source, b)
		if err == nil && m.rows > 8*b.body {
			err = errDamaged
		}
		if err != nil {
			return nil, r.fault(fmt.Errorf("record batch %d: %w", i, err))
		}
		r.rows[i] = int(m.rows)
	}
	return r, nil
}

// fault names the file in an error of reading it.
func (r *Reader) fault(err error) error {
	return fault.New(fault.Input, "the file is damaged or cut short: remove it and run the stage that writes it again", "artifact: read %s: %w", r.path, err)
}

// Meta returns the file's metadata.
func (r *Reader) Meta() Meta { return r.meta }

// NumBatches returns the number of record batches.
func (r *Reader) NumBatches() int { return len(r.blocks) }

// BatchRows returns the number of rows of batch i.
func (r *Reader) BatchRows(i int) int { return r.rows[i] }

// Len returns the number of rows of the file.
func (r *Reader) Len() int {
	n := 0
	for _, rows := range r.rows {
		n += rows
	}
	return n
}

// Names returns the names of the file's columns, in order.
func (r *Reader) Names() []string {
	names := make([]string, len(r.slots))
	for i, s := range r.slots {
		names[i] = s.name
	}
	return names
}

// Close closes the file. Tables read from it stay valid.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// slotsOf returns the named columns, and all of them for no name.
func (r *Reader) slotsOf(names []string) ([]slot, error) {
	if len(names) == 0 {
		return r.slots, nil
	}
	out := make([]slot, len(names))
	for i, name := range names {
		at := slices.IndexFunc(r.slots, func(s slot) bool { return s.name == name })
		if at < 0 {
			return nil, fault.New(fault.Input, "", "artifact: read %s: no column %q, it has %s", r.path, name, strings.Join(r.Names(), ", "))
		}
		out[i] = r.slots[at]
	}
	return out, nil
}

// Batch returns the named columns of record batch i, or all columns if none
// is named. It reads those columns alone, and copies nothing but strings.
func (r *Reader) Batch(i int, columns ...string) (*Table, error) {
	wanted, err := r.slotsOf(columns)
	if err != nil {
		return nil, err
	}
	t, err := r.batch(i, wanted)
	if err != nil {
		return nil, r.fault(fmt.Errorf("record batch %d: %w", i, err))
	}
	return t, nil
}

func (r *Reader) batch(i int, wanted []slot) (*Table, error) {
	m, err := readMessage(r.source, r.blocks[i])
	if err != nil {
		return nil, err
	}
	var spans []span
	for _, s := range wanted {
		if err := s.check(m); err != nil {
			return nil, err
		}
		spans = append(spans, m.buffers[s.buffer:s.buffer+s.buffers]...)
	}
	buffers, err := readSpans(r.source, spans)
	if err != nil {
		return nil, err
	}
	t := &Table{Meta: r.meta, source: r.path}
	for _, s := range wanted {
		c, err := s.decode(m, buffers[:s.buffers])
		if err != nil {
			return nil, err
		}
		buffers = buffers[s.buffers:]
		t.add(c)
	}
	return t, t.err
}

// Place is where one value of a binary column stands in a file. Its fields
// are checked: they lie within the file.
type Place struct {
	offset int64
	length int32
}

// Len returns the number of bytes of the value.
func (p Place) Len() int { return int(p.length) }

// Places returns where the values of a binary column of record batch i stand,
// one a row. It reads none of them.
func (r *Reader) Places(i int, name string) ([]Place, error) {
	wanted, err := r.slotsOf([]string{name})
	if err != nil {
		return nil, err
	}
	s := wanted[0]
	if s.kind != kindBytes {
		return nil, fault.New(fault.Input, "", "artifact: read %s: column %q is %v, not %v", r.path, name, s.kind, kindBytes)
	}
	places, err := r.places(i, s)
	if err != nil {
		return nil, r.fault(fmt.Errorf("record batch %d: %w", i, err))
	}
	return places, nil
}

func (r *Reader) places(i int, s slot) ([]Place, error) {
	m, err := readMessage(r.source, r.blocks[i])
	if err != nil {
		return nil, err
	}
	if err := s.check(m); err != nil {
		return nil, err
	}
	if m.rows == 0 { // its buffers may be empty
		return nil, nil
	}
	offsets, values := m.buffers[s.buffer+1], m.buffers[s.buffer+2]
	if m.rows+1 > offsets.length/4 {
		return nil, errDamaged
	}
	raw := make([]byte, 4*(m.rows+1))
	if _, err := r.source.ReadAt(raw, offsets.offset); err != nil {
		return nil, err
	}
	places := make([]Place, m.rows)
	for row := range places {
		start := int64(int32(binary.LittleEndian.Uint32(raw[4*row:])))
		end := int64(int32(binary.LittleEndian.Uint32(raw[4*row+4:])))
		if start < 0 || end < start || end > values.length {
			return nil, errDamaged
		}
		places[row] = Place{values.offset + start, int32(end - start)}
	}
	return places, nil
}

// ReadPlace reads the value at a place of this file, into dst if it is large
// enough, which allocates nothing.
func (r *Reader) ReadPlace(dst []byte, p Place) ([]byte, error) {
	dst = slices.Grow(dst[:0], p.Len())[:p.Len()]
	if len(dst) == 0 {
		return dst, nil
	}
	if _, err := r.source.ReadAt(dst, p.offset); err != nil {
		return nil, r.fault(err)
	}
	return dst, nil
}
