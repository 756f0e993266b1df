//go:build !amd64 || noasm

package jpeg

// processorTables returns the assembly paths: none in this build.
func processorTables() map[string]*table { return nil }
