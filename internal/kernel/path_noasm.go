//go:build !amd64 || noasm

package kernel

// processorTables returns the assembly paths: none in this build.
func processorTables() []*table { return nil }
