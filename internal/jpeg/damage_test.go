package jpeg

import (
	"bytes"
	"strings"
	"testing"
)

func TestBadFilesAreRefusedWithAReason(t *testing.T) {
	changed := func(b []byte, at int, to ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], to)
		return b
	}
	base := named(t, "RGB_420")
	sof, sos, dht := find(t, base, 0xc0), find(t, base, 0xda), find(t, base, 0xc4)
	short := make([]byte, 16) // all codes of the table have one bit
	for _, n := range base[dht+5 : dht+21] {
		short[0] += n
	}
	progressive := named(t, "_p")
	scans := bytes.LastIndex(progressive, []byte{0xff, 0xda})
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"nothing":            {nil, "FF D8"},
		"text":               {[]byte("hello"), "FF D8"},
		"two bytes":          {base[:2], "cut short"},
		"header cut":         {base[:sof+6], "cut short"},
		"scan cut":           {base[:sos+20], "cut short"},
		"no scan":            {append(bytes.Clone(base[:sos]), 0xff, 0xd9), "no scan"},
		"no frame":           {append(bytes.Clone(base[:sof]), 0xff, 0xd9), "no frame header"},
		"scan ends early":    {append(bytes.Clone(base[:sos+20]), 0xff, 0xd9), "ends too early"},
		"arithmetic":         {changed(base, sof+1, 0xc9), "arithmetically coded"},
		"lossless":           {changed(base, sof+1, 0xc3), "lossless"},
		"hierarchical":       {changed(base, sof+1, 0xc5), "hierarchical"},
		"12 bits":            {changed(base, sof+4, 12), "12 bits"},
		"no height":          {changed(base, sof+5, 0, 0), "x 0 pixels"},
		"two components":     {changed(base, sof+9, 2), "2 components"},
		"sampling 0":         {changed(base, sof+11, 0x02), "sampling factors 0 x 2"},
		"sampling 3 to 2":    {changed(base, sof+11, 0x31, 0, 2, 0x21), "ratios"},
		"equal components":   {changed(base, sof+13, base[sof+10]), "two components"},
		"huge for its bytes": {changed(base, sof+5, 0xff, 0xff, 0xff, 0xff), "cut short"},
		"unknown component":  {changed(base, sos+5, 77), "which the frame has not"},
		"no such table":      {changed(base, sos+6, 0x33), "no Huffman table 3 of class 0"},
		"too many codes":     {changed(base, dht+5, short...), "more codes than there are"},
		"garbage":            {changed(base, dht, 7), "no marker at byte"},
		"no quantiser":       {changed(base, sof+12, 3), "no quantisation table 3"},
		"last scans missing": {append(bytes.Clone(progressive[:scans]), 0xff, 0xd9), "without its last scans"},
		"file ends in scans": {progressive[:scans], "cut short"},
		"scans out of order": {changed(progressive, scans+4+2*int(progressive[scans+4])+3, 0x54), "scans out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rgb3(c.content)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestWhatFollowsThePictureDoesNotMatter(t *testing.T) {
	for _, part := range []string{"RGB_420", "_p"} {
		b := named(t, part)
		want, err := rgb3(b)
		if err != nil {
			t.Fatal(err)
		}
		for name, other := range map[string][]byte{"garbage": append(bytes.Clone(b), "garbage"...), "no EOI": b[:len(b)-2]} {
			got, err := rgb3(other)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %v", part, name, err)
			}
		}
	}
}

func TestRestartMarkersAreChecked(t *testing.T) {
	for _, c := range peerCases(t) {
		at := bytes.LastIndex(c.JPEG, []byte{0xff, 0xd1})
		if at < 0 || !bytes.Contains(c.JPEG, []byte{0xff, 0xdd, 0, 4}) {
			continue
		}
		b := bytes.Clone(c.JPEG)
		b[at+1] = 0xd5
		if _, err := rgb3(b); err == nil || !strings.Contains(err.Error(), "instead of restart marker D1") {
			t.Errorf("%s: %v", c.Name, err)
		}
		return
	}
	t.Fatal("no case has restart markers")
}
