package onnx

import "fmt"

func (d *decoder) attribute(x field, a *Attribute) error {
	switch x.number {
	case 1:
		return x.text(&a.Name)
	case 2:
		a.guess(KindFloat)
		return x.float(&a.Float)
	case 3:
		a.guess(KindInt)
		return integer(x, &a.Int)
	case 4:
		a.guess(KindText)
		return x.text(&a.Text)
	case 5:
		a.guess(KindTensor)
		t, err := d.tensor(x)
		a.Tensor = t
		return err
	case 6:
		a.guess(KindGraph)
		a.Graph = &Graph{}
		return d.graph(x, a.Graph)
	case 7:
		a.guess(KindFloats)
		return x.floats(&a.Floats)
	case 8:
		a.guess(KindInts)
		return x.integers(&a.Ints)
	case 9:
		a.guess(KindTexts)
		if err := d.count(); err != nil {
			return err
		}
		return x.texts(&a.Texts)
	case 20:
		return d.attributeKind(x, a)
	case 10, 11, 14, 15, 22, 23:
		return fmt.Errorf("its kind (field %d) is not supported", x.number)
	case 21:
		return fmt.Errorf("it refers to an attribute of a function")
	}
	return nil
}

// guess sets the kind from the field that is used: files of IR version 1 do
// not state it.
func (a *Attribute) guess(kind AttributeKind) {
	if a.Kind == 0 {
		a.Kind = kind
	}
}

func (d *decoder) attributeKind(x field, a *Attribute) error {
	if err := integer(x, &a.Kind); err != nil {
		return err
	}
	if a.Kind < 0 || a.Kind > KindTexts {
		return fmt.Errorf("its kind %d is not supported", a.Kind)
	}
	return nil
}

func (d *decoder) tensor(x field) (*Tensor, error) {
	t := &Tensor{}
	if err := d.count(); err != nil {
		return t, err
	}
	if err := x.message(func(x field) error { return d.tensorField(x, t) }); err != nil {
		return t, fmt.Errorf("tensor %s: %w", t.Name, err)
	}
	return t, nil
}

func (d *decoder) tensorField(x field, t *Tensor) error {
	switch x.number {
	case 1:
		return x.integers(&t.Dims)
	case 2:
		return integer(x, &t.Type)
	case 3:
		return fmt.Errorf("its data is cut into segments, which is not supported")
	case 4:
		t.stored = inFloats
		return x.fixed(&t.raw)
	case 5:
		t.stored = inInts32
		return x.integers(&t.ints)
	case 6:
		if err := d.count(); err != nil {
			return err
		}
		t.stored = inTexts
		return x.texts(&t.texts)
	case 7:
		t.stored = inInts64
		return x.integers(&t.ints)
	case 8:
		return x.text(&t.Name)
	case 9:
		if x.bytes == nil {
			return errWireType
		}
		t.stored, t.raw = inRaw, x.bytes[:len(x.bytes):len(x.bytes)]
	case 10:
		t.stored = inDoubles
		return x.fixed(&t.raw)
	case 11:
		t.stored = inUints64
		return x.integers(&t.ints)
	case 13:
		return d.external(x, t)
	case 14:
		var location int64
		if err := integer(x, &location); err != nil {
			return err
		}
		if location == 1 && t.External == nil {
			t.External = &External{}
		}
	}
	return nil
}

func (d *decoder) external(x field, t *Tensor) error {
	key, value, err := d.entry(x)
	if err != nil {
		return err
	}
	if t.External == nil {
		t.External = &External{}
	}
	switch key {
	case "location":
		t.External.Location = value
	case "offset":
		t.External.Offset, err = t.bytesEntry(key, value)
	case "length":
		t.External.Length, err = t.bytesEntry(key, value)
		t.External.HasLength = true
	}
	return err
}
