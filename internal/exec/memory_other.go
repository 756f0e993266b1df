//go:build !linux

package exec

// adviseHugePages does nothing where it is not known how to.
func adviseHugePages([]byte) {}
