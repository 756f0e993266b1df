// Package configs holds the configurations that ship with the program. The
// demo's is part of the binary; the others are files to copy and edit.
package configs

import _ "embed"

// Demo is demo.yaml, what `melanoma run` uses when no configuration is given.
//
//go:embed demo.yaml
var Demo []byte
