package exec

import "unsafe"

// hugePage is the size of the large pages that processors of today have.
const hugePage = 2 << 20

// floats returns n zeros on a cache line of their own. Large arrays lie on
// large pages where the system allows it: the kernels walk over hundreds of
// megabytes with long strides, and small pages would each be asked for anew.
func floats(n int) []float32 {
	const size, line = 4, 64
	if n*size < 2*hugePage {
		data := make([]float32, n+line/size)
		shift := int(-uintptr(unsafe.Pointer(unsafe.SliceData(data)))%line) / size
		return data[shift : shift+n : shift+n]
	}
	data := make([]float32, n+hugePage/size)
	shift := int(-uintptr(unsafe.Pointer(unsafe.SliceData(data)))%hugePage) / size
	data = data[shift : shift+n : shift+n]
	adviseHugePages(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), n*size/hugePage*hugePage))
	return data
}
