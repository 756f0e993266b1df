package pixel

import "fmt"

// Normalize writes the picture as float32 [Height,Width,3]: (v - m) * r with
// m = mean*255 and r = 1/(std*255), every operation rounded to float32. Mean
// and std are in units of full scale. len(dst) = 3*Width*Height.
func Normalize(dst []float32, src *Picture, mean, std [3]float32) {
	n := src.Width * src.Height
	if len(dst) != 3*n {
		panic(fmt.Sprintf("pixel: normalize: %d numbers for %d x %d pixels", len(dst), src.Width, src.Height))
	}
	var rate [3]float32
	for c := range 3 {
		mean[c] *= 255
		rate[c] = 1 / float32(std[c]*255)
	}
	active().normalize(dst, src.Pix[:4*n], mean, rate)
}

func normalizeRef(dst []float32, src []uint8, mean, rate [3]float32) {
	for i := range len(src) / 4 {
		s, d := src[4*i:4*i+4], dst[3*i:3*i+3]
		d[0] = float32(float32(s[0])-mean[0]) * rate[0]
		d[1] = float32(float32(s[1])-mean[1]) * rate[1]
		d[2] = float32(float32(s[2])-mean[2]) * rate[2]
	}
}
