package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asCommand makes the test binary behave as the command, for tests that start
// real processes.
const asCommand = "MELANOMA_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"melanoma": main})
}

// TestScripts runs the command lines of testdata/script: one file a feature.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			return os.WriteFile(filepath.Join(env.WorkDir, "small.yaml"), []byte(smallRun), 0o666)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"damage":   damage,
			"exitcode": exitCodeIs,
		},
	})
}

// smallRun takes a second: 24 pictures of 32 pixels, an optimiser that goes
// through ONNX and a sampler.
const smallRun = `name: small
seed: 3
synth: {images: 40, size: 32, test_fraction: 0.2}
data: {root: "{run}/data", size: 32}
cv: {folds: 2}
train: {epochs: 2, batch: 4, checkpoint_seconds: 0.01, batchnorm_batches: 2}
predict: {views: 2}
models:
  - {name: adam, arch: tiny, via_onnx: true}
  - name: chain
    arch: tiny
    train:
      update: {name: sghmc, temperature: 0.01, burn_in: 2, samples: 2}
      schedule: {name: constant, learning_rate: 0.05}
report: {bootstrap: false}
`

// damage FILE flips a bit in the middle of a file.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: damage FILE")
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	text[len(text)/2] ^= 4
	ts.Check(os.WriteFile(path, text, 0o666))
}

// exitCodeIs N COMMAND... runs a command and compares its exit status.
func exitCodeIs(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exitcode N COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = exitText(err)
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s (%v)", got, args[0], err)
	}
}
