package jpeg

import (
	"context"
	"encoding/binary"
	"testing"
)

func TestHeaderOfEveryCase(t *testing.T) {
	for _, c := range peerCases(t) {
		h, err := ReadHeader(c.JPEG)
		if err != nil || h.Width != c.Width || h.Height != c.Height || h.Orientation != 1 {
			t.Errorf("%s: %+v, %v", c.Name, h, err)
		}
		d := new(Decoder)
		if _, err := d.NRGBA(context.Background(), c.JPEG); err != nil {
			t.Fatal(err)
		}
		if held := d.held(); held > h.Memory {
			t.Errorf("%s: holds %d bytes, announced %d", c.Name, held, h.Memory)
		}
	}
}

// held counts the memory that depends on the file.
func (d *Decoder) held() int64 {
	n := len(d.pix) + slack + len(d.bits.data)
	for _, m := range d.memory {
		n += len(m.plane) + 2*len(m.coef) + len(m.row)
	}
	return int64(n)
}

func TestOrientationIsRead(t *testing.T) {
	base := named(t, "RGB_420")
	for orientation := range uint16(10) {
		for name, order := range map[string]binary.AppendByteOrder{"II*\x00": binary.LittleEndian, "MM\x00*": binary.BigEndian} {
			exif := order.AppendUint32([]byte("Exif\x00\x00"+name), 8)
			exif = order.AppendUint16(exif, 1)
			exif = order.AppendUint32(order.AppendUint16(order.AppendUint16(exif, 0x0112), 3), 1)
			exif = order.AppendUint16(order.AppendUint16(exif, orientation), 0)
			b := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
			b = append(append(b, exif...), base[2:]...)
			want := int(orientation)
			if want < 1 || want > 8 {
				want = 1
			}
			if h, err := ReadHeader(b); err != nil || h.Orientation != want {
				t.Errorf("orientation %d, %q: %+v, %v", orientation, name, h, err)
			}
		}
	}
}
