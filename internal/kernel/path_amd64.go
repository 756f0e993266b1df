//go:build amd64 && !noasm

package kernel

// processorTables returns the assembly paths that this processor can run.
func processorTables() []*table { return nil }
