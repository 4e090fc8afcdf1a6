package spec

import (
	"cmp"
	"slices"
	"strings"
)

// nearMax is the maximum number of suggested names.
const nearMax = 3

// Near returns up to three of the known names that are most similar to a name, the most similar first. Upper and lower
// case are the same.
func Near(name string, known []string) []string {
	type near struct {
		name     string
		distance int
	}
	var list []near
	lower := strings.ToLower(name)
	limit := 1 + len(name)/4
	for _, k := range known {
		if distance := Distance(lower, strings.ToLower(k), limit); name != "" && distance <= limit {
			list = append(list, near{k, distance})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, n := range list[:min(len(list), nearMax)] {
		names = append(names, n.name)
	}
	return names
}

// question asks whether a near name was meant. It returns "" if there is none.
func question(name string, known []string) string {
	near := Near(name, known)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// Distance returns the number of bytes to insert, remove or replace to turn a into b, or limit+1 if there are more
// than limit. It only computes the cells of the matrix within limit of the diagonal.
func Distance(a, b string, limit int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1) // distances from a[:i] to every b[:j]
	for j := range row {
		row[j] = min(j, limit+1)
	}
	for i := 1; i <= len(a); i++ {
		first, last := max(1, i-limit), min(len(b), i+limit)
		diagonal := row[first-1]
		row[first-1] = limit + 1
		if first == 1 {
			row[0] = min(i, limit+1)
		}
		least := row[first-1]
		for j := first; j <= last; j++ {
			d := diagonal
			if a[i-1] != b[j-1] {
				d = 1 + min(diagonal, row[j-1], row[j])
			}
			diagonal, row[j] = row[j], min(d, limit+1)
			least = min(least, row[j])
		}
		if last < len(b) {
			row[last+1] = limit + 1
		}
		if least > limit {
			return limit + 1
		}
	}
	return row[len(b)]
}
