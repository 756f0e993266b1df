package artifact

// Read reads a whole file into memory, checking its kind and version; an
// empty kind accepts any. A missing, damaged or foreign file is an input
// fault that names it. The table is the caller's.
func Read(path, kind string) (*Table, error) {
	r, err := Open(path, kind)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.all()
}

// all returns the file's record batches as one table.
func (r *Reader) all() (*Table, error) {
	if len(r.blocks) == 1 {
		return r.Batch(0)
	}
	whole := &Table{Meta: r.meta, source: r.path}
	for _, s := range r.slots {
		c := s.column
		c.data = c.none()
		whole.add(c)
	}
	if whole.err != nil {
		return nil, r.fault(whole.err)
	}
	for i := range r.blocks {
		t, err := r.Batch(i)
		if err != nil {
			return nil, err
		}
		for j := range whole.columns {
			whole.columns[j].extend(t.columns[j])
		}
	}
	return whole, nil
}

// none returns the empty slice of the column's type.
func (c column) none() any {
	switch c.kind {
	case kindString:
		return []string{}
	case kindInt32:
		return []int32{}
	case kindInt64:
		return []int64{}
	case kindFloat32, kindList:
		return []float32{}
	case kindFloat64:
		return []float64{}
	case kindBool:
		return []bool{}
	case kindBytes:
		return [][]byte{}
	default:
		return [][]float32{}
	}
}

// extend appends the rows of a column of the same type.
func (c *column) extend(o column) {
	c.rows += o.rows
	switch v := c.data.(type) {
	case []string:
		c.data = append(v, o.data.([]string)...)
	case []int32:
		c.data = append(v, o.data.([]int32)...)
	case []int64:
		c.data = append(v, o.data.([]int64)...)
	case []float32:
		c.data = append(v, o.data.([]float32)...)
	case []float64:
		c.data = append(v, o.data.([]float64)...)
	case []bool:
		c.data = append(v, o.data.([]bool)...)
	case [][]byte:
		c.data = append(v, o.data.([][]byte)...)
	case [][]float32:
		c.data = append(v, o.data.([][]float32)...)
	}
}
