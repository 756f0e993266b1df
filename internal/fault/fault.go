// Package fault classifies errors by who has to act and carries the hint
// that tells them how.
//
// Data in: a kind, a hint and one sentence. Data out: an error whose text is
// the sentence alone; the command line prints the hint on a line of its own
// and exits with the kind's number.
//
// Terms: the kinds are the exit codes of the command line (1 program, 2 usage,
// 3 input, 4 stopped). An error without a kind is a fault of the program.
package fault

import (
	"errors"
	"fmt"
)

// Kind says who has to act on an error; its number is the exit code.
type Kind int

// The kinds, in the order of the exit codes.
const (
	// Program is a failure of the program or of the machine under it.
	Program Kind = 1
	// Usage is a wrong flag, argument or configuration.
	Usage Kind = 2
	// Input is a wrong data, model or predictions file.
	Input Kind = 3
	// Stopped is an interruption; the same command resumes.
	Stopped Kind = 4
)

type faultError struct {
	kind Kind
	hint string
	err  error
}

func (e *faultError) Error() string { return e.err.Error() }
func (e *faultError) Unwrap() error { return e.err }

// New returns an error of the given kind. The sentence is formatted as by
// [fmt.Errorf], so %w wraps a cause. An empty hint means there is none.
func New(kind Kind, hint, format string, args ...any) error {
	return &faultError{kind: kind, hint: hint, err: fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the outermost classified error in err's chain,
// and [Program] if there is none.
func KindOf(err error) Kind {
	var e *faultError
	if errors.As(err, &e) {
		return e.kind
	}
	return Program
}

// HintOf returns the first non-empty hint in err's chain, or "".
func HintOf(err error) string {
	for err != nil {
		var e *faultError
		if !errors.As(err, &e) {
			return ""
		}
		if e.hint != "" {
			return e.hint
		}
		err = e.err
	}
	return ""
}
