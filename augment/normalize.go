package augment

import "fmt"

// Normalize maps 8-bit levels to network inputs, per channel in RGB order:
// (v/255 - Mean) / Std in float32.
type Normalize struct {
	Mean [3]float32 `yaml:"mean" json:"mean"`
	Std  [3]float32 `yaml:"std" json:"std"` // not zero
}

// Into writes the picture to dst as [Height,Width,3]. A dst of another length
// panics.
func (n Normalize) Into(dst []float32, im Image) {
	im.check()
	if len(dst) != len(im.Pix) {
		panic(fmt.Sprintf("augment: normalize %dx%d pixels into %d values", im.Width, im.Height, len(dst)))
	}
	var table [3][256]float32
	for c := range table {
		for v := range table[c] {
			table[c][v] = (float32(v)/255 - n.Mean[c]) / n.Std[c]
		}
	}
	for i := 0; i+2 < len(dst); i += 3 {
		dst[i] = table[0][im.Pix[i]]
		dst[i+1] = table[1][im.Pix[i+1]]
		dst[i+2] = table[2][im.Pix[i+2]]
	}
}
