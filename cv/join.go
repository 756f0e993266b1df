package cv

import "melanoma/internal/fault"

// joinTo returns the row in have of every wanted image; both sides must hold
// the same images.
func joinTo(want, have []string, wantName, haveName string) ([]int, error) {
	rowOf := make(map[string]int, len(have))
	for i, name := range have {
		if _, twice := rowOf[name]; twice {
			return nil, fault.New(fault.Input, "every image has one row", "cv: %s has image %s twice", haveName, name)
		}
		rowOf[name] = i
	}
	order := make([]int, len(want))
	var absent []string
	for i, name := range want {
		r, ok := rowOf[name]
		if !ok {
			absent = append(absent, name)
			continue
		}
		order[i] = r
		delete(rowOf, name)
	}
	const hint = "all must cover the same images"
	if len(absent) > 0 {
		return nil, fault.New(fault.Input, hint, "cv: %s has no row for %s of %s", haveName, nameSome(absent), wantName)
	}
	var unknown []string
	for _, name := range have {
		if _, left := rowOf[name]; left {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, fault.New(fault.Input, hint, "cv: %s has %s, not in %s", haveName, nameSome(unknown), wantName)
	}
	return order, nil
}
