// Command _gen writes the assembly of internal/kernel and its Go stubs:
//
//	cd internal/kernel/_gen && go run . -out ..
//
// Each file holds one family for both vector widths. The families are
// templates over emitter, which hides what differs between AVX2 and AVX-512.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

var families = []struct {
	name  string
	write func(e *emitter)
}{
	{"gemm", writeGemm},
	{"bfloat16", writeBFloat16},
	{"depthwise", writeDepthwise},
	{"channel", writeChannel},
	{"elementwise", writeElementwise},
	{"activation", writeActivation},
	{"exponential", writeExponentials},
	{"gelu", writeGelu},
	{"hard", writeHard},
	{"layernorm", writeLayerNorm},
	{"normalize", writeNormalize},
	{"rectifier", writeRectifier},
	{"softmax", writeSoftmax},
}

func main() {
	flags := flag.NewFlagSet("_gen", flag.ExitOnError) // avo puts flags of its own in the global set
	out := flags.String("out", "..", "folder to write to")
	if err := flags.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	for _, f := range families {
		if err := generate(*out, f.name, f.write); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", f.name, err)
			os.Exit(1)
		}
	}
}

// generate writes <name>_amd64.s and <name>_stubs_amd64.go.
func generate(out, name string, write func(e *emitter)) error {
	ctx := build.NewContext()
	ctx.ConstraintExpr("amd64,!noasm")
	data := newConstants(ctx)
	for _, wide := range []bool{false, true} {
		write(&emitter{Context: ctx, wide: wide, data: data})
	}
	file, err := ctx.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	if err := checkRegisters(file); err != nil {
		return err
	}
	if err := encodeDotPairs(file); err != nil {
		return err
	}
	cfg := printer.Config{Name: "internal/kernel/_gen", Pkg: "kernel"}
	for path, p := range map[string]printer.Printer{
		name + "_amd64.s":        printer.NewGoAsm(cfg),
		name + "_stubs_amd64.go": printer.NewStubs(cfg),
	} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, path), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
