package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Markers of ITU-T T.81, table B.1.
const (
	markerSOF0  = 0xc0
	markerSOF1  = 0xc1
	markerSOF2  = 0xc2
	markerDHT   = 0xc4
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
)

// ErrTruncated is the error of files that end too early.
var ErrTruncated = errors.New("the file is cut short")

// refusedFrames names the frames that are not decoded.
var refusedFrames = map[byte]string{
	0xc3: "lossless", 0xc5: "hierarchical", 0xc6: "hierarchical", 0xc7: "hierarchical",
	0xc9: "arithmetically coded", 0xca: "arithmetically coded", 0xcb: "lossless, arithmetically coded",
	0xcd: "hierarchical, arithmetically coded", 0xce: "hierarchical, arithmetically coded", 0xcf: "hierarchical, arithmetically coded",
}

// isFrame reports whether a marker starts a frame of whatever kind.
func isFrame(marker byte) bool {
	return marker >= markerSOF0 && marker <= markerSOF15 && marker != markerDHT && marker != 0xc8 && marker != 0xcc
}

// next returns the marker at pos, its parameters and where they end.
func next(b []byte, pos int) (marker byte, body []byte, end int, err error) {
	for pos+1 < len(b) && b[pos] == 0xff && b[pos+1] == 0xff {
		pos++ // fill bytes
	}
	if pos+2 > len(b) {
		return 0, nil, 0, ErrTruncated
	}
	if b[pos] != 0xff || b[pos+1] == 0 {
		return 0, nil, 0, fmt.Errorf("damaged JPEG: no marker at byte %d", pos)
	}
	marker, pos = b[pos+1], pos+2
	if marker == 0x01 || marker >= markerRST0 && marker <= markerEOI { // no length
		return marker, nil, pos, nil
	}
	if pos+2 > len(b) {
		return 0, nil, 0, ErrTruncated
	}
	length := int(binary.BigEndian.Uint16(b[pos:]))
	if length < 2 {
		return 0, nil, 0, fmt.Errorf("damaged JPEG: a segment of %d bytes", length)
	}
	if pos+length > len(b) {
		return 0, nil, 0, ErrTruncated
	}
	return marker, b[pos+2 : pos+length], pos + length, nil
}
