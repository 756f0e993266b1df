package onnx

import (
	"fmt"
)

// value appends a ValueInfoProto.
func (d *decoder) value(x field, list *[]Value) error {
	v := Value{}
	err := x.message(func(x field) error {
		switch x.number {
		case 1:
			return x.text(&v.Name)
		case 2:
			return x.message(func(x field) error { return d.valueType(x, &v) })
		}
		return nil
	})
	*list = append(*list, v)
	if err != nil {
		return fmt.Errorf("declaration of %s: %w", v.Name, err)
	}
	return nil
}

func (d *decoder) valueType(x field, v *Value) error {
	switch x.number {
	case 1:
		return x.message(func(x field) error { return d.tensorType(x, v) })
	case 4:
		v.Kind = "sequence"
	case 5:
		v.Kind = "map"
	case 7:
		v.Kind = "opaque"
	case 8:
		v.Kind = "sparse_tensor"
	case 9:
		v.Kind = "optional"
	}
	return nil
}

func (d *decoder) tensorType(x field, v *Value) error {
	switch x.number {
	case 1:
		return integer(x, &v.Type)
	case 2:
		v.Dims = []Dim{}
		return x.message(func(x field) error {
			if x.number != 1 {
				return nil
			}
			dim, err := d.dim(x)
			v.Dims = append(v.Dims, dim)
			return err
		})
	}
	return nil
}

// dim reads a dimension. Some exporters write -1 for one they do not know.
func (d *decoder) dim(x field) (Dim, error) {
	dim := Dim{Size: Unknown}
	if err := d.count(); err != nil {
		return dim, err
	}
	err := x.message(func(x field) error {
		switch x.number {
		case 1:
			return integer(x, &dim.Size)
		case 2:
			return x.text(&dim.Param)
		}
		return nil
	})
	if err == nil && (dim.Size < Unknown || dim.Size > maxElements) {
		err = fmt.Errorf("the dimension %d is impossible", dim.Size)
	}
	return dim, err
}
