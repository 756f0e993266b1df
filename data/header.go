package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"melanoma/internal/jpeg"
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
	errTruncated = jpeg.ErrTruncated
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

// jpegHeader reads the header of a JPEG file; turning it takes copies of 4 and
// 3 bytes a pixel.
func jpegHeader(b []byte) (header, error) {
	j, err := jpeg.ReadHeader(b)
	if err != nil {
		return header{}, err
	}
	h := header{width: j.Width, height: j.Height, orientation: j.Orientation, cost: int64(len(b)) + j.Memory}
	if h.orientation != 1 {
		h.cost += 7 * int64(h.width) * int64(h.height)
	}
	return h, nil
}
