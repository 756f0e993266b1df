package fault

// EditDistance counts insertions, deletions, replacements and swaps of
// neighbours of bytes that turn a into b (optimal string alignment): hints
// suggest the name that is nearest.
func EditDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// Nearest returns the name that a wrong one most likely meant: within a third
// of its length in edits, at least one; the first of equals, or "".
func Nearest(wrong string, names []string) string {
	nearest, least := "", max(1, len(wrong)/3)+1
	for _, name := range names {
		if d := EditDistance(wrong, name); d < least {
			nearest, least = name, d
		}
	}
	return nearest
}
