package report

import (
	"fmt"
	"slices"
)

// distribution returns the table of the nodes: a policy with a good mean can be bad for some of them. It has no rows if
// the values of the nodes are not known, or for fewer than two nodes.
func (v *view) distribution() textTable {
	t := textTable{
		Title: "Distribution over the nodes",
		About: fmt.Sprintf("The least, the quartiles and the most over the %s, by mean bytes on disk, and by bytes pulled again a day.", count(v.Seeds, "node")),
	}
	t.Columns = []string{"POLICY", "FIGURE", "LEAST", "25 %", "MEDIAN", "75 %", "MOST"}
	for i := range v.policies {
		p := &v.policies[i]
		if p.full > 0 {
			continue
		}
		for _, f := range []struct {
			name, title string
			per         float64
		}{{meanBytes, "disk", 1}, {pulledAgain, "pulled again a day", v.Days}} {
			values := slices.Sorted(slices.Values(p.find(f.name).Values))
			if len(values) < 2 || slices.ContainsFunc(values, func(x float64) bool { return !finite(x) }) {
				continue
			}
			row := []string{p.Name, f.title}
			for _, part := range []float64{0, 0.25, 0.5, 0.75, 1} {
				row = append(row, show("bytes", quantileOf(values, part)/f.per))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// quantileOf returns a quantile of sorted values. It interpolates between two of them.
func quantileOf(sorted []float64, part float64) float64 {
	at := part * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + float64((at-float64(below))*(sorted[above]-sorted[below]))
}
