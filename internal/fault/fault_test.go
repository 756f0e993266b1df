package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestKindAndHintPassThroughWrapping(t *testing.T) {
	inner := New(Input, "check the file", "data: read row %d: %w", 7, fs.ErrNotExist)
	for name, c := range map[string]struct {
		err  error
		kind Kind
		hint string
	}{
		"plain error":                 {errors.New("boom"), Program, ""},
		"nil":                         {nil, Program, ""},
		"classified":                  {inner, Input, "check the file"},
		"wrapped by fmt":              {fmt.Errorf("pipeline: ingest: %w", inner), Input, "check the file"},
		"outer kind wins":             {New(Usage, "", "config: %w", inner), Usage, "check the file"},
		"outer hint wins":             {New(Usage, "other hint", "config: %w", inner), Usage, "other hint"},
		"joined with a plain error":   {errors.Join(errors.New("first"), inner), Input, "check the file"},
		"without a hint in the chain": {New(Stopped, "", "stopped"), Stopped, ""},
	} {
		if got := KindOf(c.err); got != c.kind {
			t.Errorf("%s: kind %d, want %d", name, got, c.kind)
		}
		if got := HintOf(c.err); got != c.hint {
			t.Errorf("%s: hint %q, want %q", name, got, c.hint)
		}
	}
	if want := "data: read row 7: file does not exist"; inner.Error() != want || !errors.Is(inner, fs.ErrNotExist) {
		t.Errorf("error %q, want %q and its cause", inner, want)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"epochs", "batch", "learning_rate"}
	for key, want := range map[string]string{"epoch": "epochs", "lerning_rate": "learning_rate", "zzz": "", "bacth": "batch"} {
		if got := Nearest(key, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", key, got, want)
		}
	}
}
