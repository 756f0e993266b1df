// Command _gen writes the assembly of internal/kernel, internal/pixel and
// internal/jpeg and its Go stubs:
//
//	cd internal/kernel/_gen && go run . -out ../..
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

// families are files by the package that they belong to.
var families = []struct {
	pkg, name string
	write     func(e *emitter)
}{
	{"kernel", "gemm", writeGemm},
	{"kernel", "bfloat16", writeBFloat16},
	{"kernel", "depthwise", writeDepthwise},
	{"kernel", "channel", writeChannel},
	{"kernel", "elementwise", writeElementwise},
	{"kernel", "activation", writeActivation},
	{"kernel", "exponential", writeExponentials},
	{"kernel", "gelu", writeGelu},
	{"kernel", "hard", writeHard},
	{"kernel", "layernorm", writeLayerNorm},
	{"kernel", "normalize", writeNormalize},
	{"kernel", "rectifier", writeRectifier},
	{"kernel", "softmax", writeSoftmax},
	{"pixel", "lab", writeLab},
	{"pixel", "clahe", writeCLAHE},
	{"pixel", "hsv", writeHSV},
	{"pixel", "median", writeMedian},
	{"pixel", "blur", writeBlur},
	{"pixel", "noise", writeNoise},
	{"pixel", "orient", writeOrient},
	{"pixel", "pack", writePack},
	{"pixel", "lookup", writeLookup},
	{"jpeg", "transform", writeJPEGTransform},
	{"jpeg", "colour", writeJPEGColour},
	{"pixel", "sample", writeSample},
	{"pixel", "resize", writeResize},
	{"pixel", "resample", writeResample},
	{"pixel", "smooth", writeSmooth},
}

func main() {
	flags := flag.NewFlagSet("_gen", flag.ExitOnError) // avo puts flags of its own in the global set
	out := flags.String("out", "../..", "folder of the packages to write to")
	if err := flags.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	for _, f := range families {
		if err := generate(filepath.Join(*out, f.pkg), f.pkg, f.name, f.write); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", f.name, err)
			os.Exit(1)
		}
	}
}

// generate writes a package's <name>_amd64.s and <name>_stubs_amd64.go.
func generate(out, pkg, name string, write func(e *emitter)) error {
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
	cfg := printer.Config{Name: "internal/kernel/_gen", Pkg: pkg}
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
