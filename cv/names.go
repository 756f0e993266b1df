package cv

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// nameSome names up to three of the images and says how many there are.
func nameSome(names []string) string {
	switch n := len(names); {
	case n == 1:
		return "image " + names[0]
	case n <= 3:
		return "images " + strings.Join(names, ", ")
	default:
		return fmt.Sprintf("%d images (%s, ...)", n, strings.Join(names[:3], ", "))
	}
}

// skipBOM drops the byte order mark that spreadsheets put before a CSV file.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	return b
}
