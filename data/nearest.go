package data

import (
	"fmt"
	"strings"

	"melanoma/internal/fault"
)

// didYouMean hints at the most similar of some names, and lists them all
// where none is similar.
func didYouMean(got string, names []string) string {
	best, distance := "", len(got)/2+2
	for _, name := range names {
		if d := fault.EditDistance(strings.ToLower(got), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	const most = 20
	if len(names) > most {
		return fmt.Sprintf("there are %s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return "there are " + strings.Join(names, ", ")
}
