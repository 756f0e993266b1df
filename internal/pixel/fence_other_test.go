//go:build !linux

package pixel

import "testing"

// fenced returns n bytes; elsewhere nothing lies around them.
func fenced(_ *testing.T, n int, _ bool) []uint8 { return make([]uint8, n) }
