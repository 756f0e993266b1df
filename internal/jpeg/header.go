package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
)

// Header is what a file says before its first scan.
type Header struct {
	Width, Height int   // pixels, 1 to 65535, before the orientation is applied
	Orientation   int   // EXIF, 1 to 8; 1 is upright
	Memory        int64 // bytes that a [Decoder] needs for the file at most
}

// frames are used again: what refers to itself lies on the heap.
var frames = sync.Pool{New: func() any { return new(frame) }}

// ReadHeader reads the segments up to the first scan: the frame header and
// the EXIF segment among them (ITU-T T.81, section B.2). It refuses what cannot
// be decoded as far as that shows there.
func ReadHeader(content []byte) (Header, error) {
	h := Header{Orientation: 1}
	f := frames.Get().(*frame)
	defer frames.Put(f)
	f.components = nil
	if !bytes.HasPrefix(content, []byte{0xff, markerSOI}) {
		return h, errors.New("no JPEG: it does not start with FF D8")
	}
	for pos := 2; ; {
		marker, body, end, err := next(content, pos)
		switch {
		case err != nil:
			return h, err
		case marker == markerEOI || marker == markerSOS && (f.components == nil || len(body) == 0):
			return h, errors.New("damaged JPEG: no frame header, or no scan")
		case marker == markerSOS:
			f.plan(int(body[0]))
			h.Width, h.Height, h.Memory = f.width, f.height, f.memory(len(content))
			return h, nil
		case marker == markerAPP1 && h.Orientation == 1:
			h.Orientation = exifOrientation(body)
		case isFrame(marker):
			if err := f.parse(marker, body); err != nil {
				return h, err
			}
			if err := f.plausible(len(content)); err != nil {
				return h, err
			}
		}
		pos = end
	}
}

// exifOrientation returns the orientation tag (0x0112) of the first image
// directory of an EXIF segment, 1 where there is none (EXIF 2.32, 4.6.4).
func exifOrientation(segment []byte) int {
	b, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !ok || len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(b[:2]) {
	case "II":
	case "MM":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := int64(order.Uint16(b[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			if v := int(order.Uint16(b[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}
