package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// header is what the first bytes of an image file say.
type header struct {
	png           bool
	width, height int
	orientation   int   // EXIF, 1 to 8; 1 is upright
	cost          int64 // bytes needed at most to decode and resize it
}

// signatures of formats that are recognised so as to be refused by name.
var signatures = []struct{ name, prefix string }{
	{"a TIFF image", "II*\x00"}, {"a TIFF image", "MM\x00*"}, {"a GIF image", "GIF8"}, {"a BMP image", "BM"},
	{"a WebP image", "RIFF"}, {"a PDF document", "%PDF"}, {"a ZIP archive", "PK\x03\x04"}, {"a web page", "<"},
	{"a Git LFS pointer, not the image itself (git lfs pull)", "version https://git-lfs"}, {"a DICOM or empty file", "\x00\x00\x00\x00"},
}

// longest is the longest side of a picture: a JPEG has no longer one, and the
// costs of two cannot overflow.
const longest = 1 << 16

var (
	errEmpty     = errors.New("the file is empty")
	errTruncated = errors.New("the file is cut short")
)

// readHeader reads the header of a JPEG or PNG file and refuses all others.
func readHeader(b []byte) (h header, err error) {
	switch {
	case len(b) == 0:
		return h, errEmpty
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		h, err = jpegHeader(b)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		h, err = pngHeader(b)
	default:
		for _, s := range signatures {
			if bytes.HasPrefix(b, []byte(s.prefix)) {
				return h, fmt.Errorf("%s, neither JPEG nor PNG", s.name)
			}
		}
		return h, errors.New("no image: neither JPEG nor PNG")
	}
	if err == nil && (h.width < 1 || h.height < 1 || h.width > longest || h.height > longest) {
		err = fmt.Errorf("a picture of %d x %d pixels", h.width, h.height)
	}
	return h, err
}

// pngHeader reads the IHDR chunk (PNG specification, section 11.2.1).
func pngHeader(b []byte) (header, error) {
	if len(b) < 33 {
		return header{}, errTruncated
	}
	h := header{png: true, orientation: 1, width: int(binary.BigEndian.Uint32(b[16:])), height: int(binary.BigEndian.Uint32(b[20:]))}
	perPixel := int64(4 + 11) // decoded; if it has alpha, its two NRGBA copies and one RGB copy
	if b[24] == 16 {
		perPixel += 4
	}
	if b[28] != 0 { // interlaced: a second copy
		perPixel += 8
	}
	h.cost = int64(len(b)) + perPixel*int64(h.width)*int64(h.height)
	return h, nil
}

// jpegHeader walks the segments up to the frame header and through the EXIF
// segment before it (ITU-T T.81, section B.2).
func jpegHeader(b []byte) (header, error) {
	h := header{orientation: 1}
	for pos := 2; ; {
		for pos < len(b) && b[pos] == 0xff && pos+1 < len(b) && b[pos+1] == 0xff {
			pos++ // fill bytes
		}
		if pos+4 > len(b) {
			return h, errTruncated
		}
		marker := b[pos+1]
		if b[pos] != 0xff || marker == 0xda || marker == 0xd9 {
			return h, errors.New("damaged JPEG: no frame header")
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 { // no length
			pos += 2
			continue
		}
		length := int(binary.BigEndian.Uint16(b[pos+2:]))
		if length < 2 || pos+2+length > len(b) {
			return h, errTruncated
		}
		segment := b[pos+4 : pos+2+length]
		switch {
		case marker == 0xe1 && h.orientation == 1:
			h.orientation = exifOrientation(segment)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return h, h.frame(segment, marker == 0xc2, len(b))
		}
		pos += 2 + length
	}
}

// frame reads the frame header and estimates what decoding costs: the planes,
// for a progressive file its coefficients as well (4 bytes each), for a turned
// picture two copies of 4 bytes a pixel.
func (h *header) frame(segment []byte, progressive bool, size int) error {
	if len(segment) < 6 || len(segment) < 6+3*int(segment[5]) || segment[5] == 0 {
		return errTruncated
	}
	h.height, h.width = int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
	components := int64(segment[5])
	most, samples, rare := int64(1), int64(0), false
	for i := range components {
		sampling := segment[6+3*i+1]
		s := int64(sampling>>4) * int64(sampling&15)
		most, samples = max(most, s), samples+s
		rare = rare || sampling>>4 > 2 || sampling&15 > 2
	}
	pixels := int64(h.width+64) * int64(h.height+64) // planes are padded to whole blocks
	planes := (pixels*samples + most - 1) / most
	h.cost = int64(size) + planes
	if components == 4 || rare { // CMYK and rare subsamplings go through more copies
		h.cost += 8 * pixels
	}
	if progressive {
		h.cost += 4 * planes
	}
	if h.orientation != 1 {
		h.cost += 8 * pixels
	}
	return nil
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
