package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"melanoma/internal/fault"
)

// The exit codes, as every help text prints them.
const exitStatus = `
EXIT STATUS
  0  done
  1  failure of the program or the machine
  2  wrong usage or configuration
  3  bad input: a data, model or predictions file
  4  stopped before the end; the same command goes on`

// exitCode maps an error to the code of the process.
func exitCode(err error) int {
	if errors.Is(err, context.Canceled) {
		return int(fault.Stopped)
	}
	switch kind := fault.KindOf(err); kind {
	case fault.Usage, fault.Input, fault.Stopped:
		return int(kind)
	}
	return int(fault.Program)
}

// fail prints the error and its hint on stderr and returns the exit code.
func (a *app) fail(err error) int {
	code := exitCode(err)
	hint := fault.HintOf(err)
	if errors.Is(err, context.Canceled) && hint == "" {
		err, hint = errors.New("stopped"), "run the same command again"
	}
	if hint == "" && code == int(fault.Program) {
		hint = "this looks like a fault of the program or the machine; --log-level debug tells more"
	}
	if a.common.json {
		text, _ := json.Marshal(map[string]any{"error": err.Error(), "hint": hint, "exit": code})
		fmt.Fprintln(a.stderr, string(text))
		return code
	}
	fmt.Fprintf(a.stderr, "melanoma: %s\n", strings.TrimSpace(err.Error()))
	if hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", strings.Join(strings.Fields(hint), " "))
	}
	return code
}

// panicError keeps a fault of the program from reaching users as a stack
// trace; with MELANOMA_STACK set the trace is printed as well.
func panicError(cause any) error {
	if os.Getenv("MELANOMA_STACK") != "" {
		fmt.Fprintf(os.Stderr, "%s\n", debug.Stack())
	}
	return fault.New(fault.Program, "please report it with the command line; MELANOMA_STACK=1 prints where it happened",
		"the program failed: %v", cause)
}

func usage(hint, format string, args ...any) error {
	return fault.New(fault.Usage, hint, format, args...)
}
