package artifact

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// stream is what Arrow's file writer asks for: it counts bytes and answers
// the one seek that the writer makes, to learn where it is.
type stream struct {
	w   *bufio.Writer
	pos int64
}

func (s *stream) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.pos += int64(n)
	return n, err
}

func (s *stream) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("a stream cannot be sought")
	}
	return s.pos, nil
}

// encoder writes record batches of one schema to a stream.
type encoder struct {
	schema *arrow.Schema
	out    *stream
	arrow  *ipc.FileWriter
}

func newEncoder(w io.Writer, t *Table, mem memory.Allocator) (*encoder, error) {
	if t.err != nil {
		return nil, t.err
	}
	schema, err := t.schema()
	if err != nil {
		return nil, err
	}
	out := &stream{w: bufio.NewWriterSize(w, 1<<18)}
	fw, err := ipc.NewFileWriter(out, ipc.WithSchema(schema), ipc.WithAllocator(mem))
	if err != nil {
		return nil, err
	}
	return &encoder{schema: schema, out: out, arrow: fw}, nil
}

// append writes one record batch; a table without rows writes nothing.
func (e *encoder) append(t *Table) (err error) {
	defer recovered(&err)
	if t.err != nil {
		return t.err
	}
	if t.Len() == 0 {
		return nil
	}
	if len(t.columns) != e.schema.NumFields() {
		return fmt.Errorf("%d columns %v, not %d", len(t.columns), t.Names(), e.schema.NumFields())
	}
	for i, c := range t.columns {
		f := e.schema.Field(i)
		if f.Name != c.name || f.Nullable != c.nullable || !arrow.TypeEqual(f.Type, c.arrowType()) {
			return fmt.Errorf("column %d is %q of type %v, not %q of type %v", i, c.name, c.kind, f.Name, f.Type)
		}
	}
	record, err := t.record(e.schema)
	if err != nil {
		return err
	}
	defer record.Release()
	return e.arrow.Write(record)
}

func (e *encoder) close() error {
	if err := e.arrow.Close(); err != nil {
		return err
	}
	return e.out.w.Flush()
}

// recovered turns a panic of Arrow's code into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%v", p)
	}
}

// Encode writes a table as an Arrow IPC file of one record batch.
func Encode(w io.Writer, t *Table) error {
	return encode(w, t, memory.DefaultAllocator)
}

func encode(w io.Writer, t *Table, mem memory.Allocator) error {
	e, err := newEncoder(w, t, mem)
	if err != nil {
		return err
	}
	if err := e.append(t); err != nil {
		return err
	}
	return e.close()
}

// Write writes a table to a file, atomically, as one record batch. It refuses
// a table whose columns differ in length or share a name.
func Write(path string, t *Table) error {
	return WriteFile(path, func(w io.Writer) error { return Encode(w, t) })
}

// Writer writes a file batch by batch. It is for one goroutine.
type Writer struct {
	file    *atomicFile
	encoder *encoder
	done    bool
}

// Create starts a file at path with the columns of like, whose rows do not
// matter, and the metadata m. Nothing is at path before [Writer.Commit].
func Create(path string, m Meta, like *Table) (*Writer, error) {
	file, err := createAtomic(path)
	if err != nil {
		return nil, err
	}
	e, err := newEncoder(file.file, &Table{Meta: m, columns: slices.Clone(like.columns), err: like.err}, memory.DefaultAllocator)
	if err != nil {
		file.abort()
		return nil, writeFault(path, err)
	}
	return &Writer{file: file, encoder: e}, nil
}

// Append writes the table as one record batch; its columns must be those of
// like. After an error only [Writer.Abort] is left to call.
func (w *Writer) Append(t *Table) error {
	if err := w.encoder.append(t); err != nil {
		return writeFault(w.file.path, err)
	}
	return nil
}

// Commit completes the file and gives it its name. On an error nothing of it
// stays.
func (w *Writer) Commit() error {
	w.done = true
	if err := w.encoder.close(); err != nil {
		w.file.abort()
		return writeFault(w.file.path, err)
	}
	return w.file.commit()
}

// Abort removes what was written. After Commit it does nothing, so that it
// may be deferred.
func (w *Writer) Abort() {
	if !w.done {
		w.done = true
		w.file.abort()
	}
}
