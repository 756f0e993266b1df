package data

import (
	"fmt"
	"math"
	"slices"
)

// MetaEncoder turns a row's metadata into the features of the winning
// solution of SIIM-ISIC 2020 (Ha, Liu, Liu 2020, arXiv 2010.05351 and its
// code): sex (male 1, female 0, else -1), age / 90 (unknown 0), the logarithm
// of 1 + the number of images of the same group, optionally the logarithm of
// the file's bytes, and one 0-or-1 column for each site with a last one for
// an unknown site.
//
// The size of a file tells more about who made the file than about the
// lesion, and changes with every conversion: it is used on request alone.
type MetaEncoder struct {
	sites     []string
	fileBytes bool
	rows      []Row
	images    map[groupKey]int
}

// groupKey counts a group's images within the training and the test rows
// apart, as the winners did.
type groupKey struct {
	group string
	test  bool
}

// NewMetaEncoder learns the sites and the sizes of the groups from all rows,
// training and test; it looks at no target. Rows that tfrecord -1 marks as
// duplicates are not counted.
func NewMetaEncoder(rows []Row, fileBytes bool) *MetaEncoder {
	e := &MetaEncoder{fileBytes: fileBytes, rows: rows, images: map[groupKey]int{}}
	for _, r := range rows {
		if r.Site != "" && !slices.Contains(e.sites, r.Site) {
			e.sites = append(e.sites, r.Site)
		}
		if r.Tfrecord != -1 {
			e.images[groupKey{r.Group, r.Test}]++
		}
	}
	slices.Sort(e.sites)
	return e
}

// Names returns the names of the features, in order.
func (e *MetaEncoder) Names() []string {
	names := []string{"sex", "age", "log_group_images"}
	if e.fileBytes {
		names = append(names, "log_file_bytes")
	}
	for _, s := range e.sites {
		names = append(names, "site_"+s)
	}
	return append(names, "site_unknown")
}

// Width returns the number of features.
func (e *MetaEncoder) Width() int {
	n := 4 + len(e.sites)
	if e.fileBytes {
		n++
	}
	return n
}

// Encode writes the features of row i of the rows it was made from to dst,
// which has Width values.
func (e *MetaEncoder) Encode(i int, dst []float32) {
	r := e.rows[i]
	e.EncodeRow(r, e.images[groupKey{r.Group, r.Test}], dst)
}

// EncodeRow writes the features of any row, of whose group there are as many
// images as said (at least 1). A site that was not learned is unknown.
func (e *MetaEncoder) EncodeRow(r Row, images int, dst []float32) {
	if len(dst) != e.Width() {
		panic(fmt.Sprintf("data: encode %d features into %d values", e.Width(), len(dst)))
	}
	clear(dst)
	switch r.Sex {
	case "male":
		dst[0] = 1
	case "female":
		dst[0] = 0
	default:
		dst[0] = -1
	}
	if !math.IsNaN(float64(r.Age)) {
		dst[1] = r.Age / 90
	}
	dst[2] = float32(math.Log1p(float64(max(1, images))))
	sites := dst[3:]
	if e.fileBytes {
		dst[3] = float32(math.Log(float64(max(1, r.FileBytes))))
		sites = dst[4:]
	}
	at, known := slices.BinarySearch(e.sites, r.Site)
	if !known {
		at = len(e.sites)
	}
	sites[at] = 1
}
