package eval

import (
	"maps"
	"slices"
	"strings"
)

// einsumTerms returns one letter for every axis of each input and of the
// result. The axes of an ellipsis get letters of their own, numbered from
// behind, so that they broadcast.
func einsumTerms(equation string, in []*Array) (terms [][]rune, result []rune, err error) {
	left, right, explicit := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	parts := strings.Split(left, ",")
	if len(parts) != len(in) {
		return nil, nil, errEinsum
	}
	ellipsis := 0 // axes of the longest one
	for i, part := range parts {
		term, dots, err := einsumTerm(part, len(in[i].Shape))
		if err != nil {
			return nil, nil, err
		}
		terms, ellipsis = append(terms, term), max(ellipsis, dots)
	}
	if explicit {
		letters := strings.ReplaceAll(right, "...", "")
		dots := 0
		if len(letters) != len(right) {
			dots = ellipsis
		}
		result, _, err = einsumTerm(right, len(letters)+dots)
		if repeats := len(slices.Compact(slices.Sorted(slices.Values(result)))) != len(result); err != nil || repeats {
			return nil, nil, errEinsum
		}
		return terms, result, nil
	}
	return terms, implicitResult(terms, ellipsis), nil
}

// implicitResult has the ellipsis and then, in alphabetical order, the letters
// that appear once.
func implicitResult(terms [][]rune, ellipsis int) []rune {
	count := map[rune]int{}
	for _, term := range terms {
		for _, letter := range term {
			count[letter]++
		}
	}
	var result []rune
	for k := ellipsis; k > 0; k-- {
		result = append(result, rune(-k))
	}
	for _, letter := range slices.Sorted(maps.Keys(count)) {
		if letter > 0 && count[letter] == 1 {
			result = append(result, letter)
		}
	}
	return result
}

// einsumTerm splits a term into letters; an ellipsis becomes as many negative
// ones as the rank leaves over.
func einsumTerm(part string, rank int) (letters []rune, dots int, err error) {
	before, after, found := strings.Cut(part, "...")
	dots = rank - len(before) - len(after)
	if dots < 0 || dots > 0 && !found {
		return nil, 0, errEinsum
	}
	for _, r := range before + after {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return nil, 0, errEinsum
		}
	}
	letters = []rune(before)
	for k := dots; k > 0; k-- {
		letters = append(letters, rune(-k))
	}
	return append(letters, []rune(after)...), dots, nil
}
