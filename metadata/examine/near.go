package examine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/metadata"
)

// nearMax is the maximum number of suggested names.
const nearMax = 5

// near returns the names of the objects that are most similar to a name, the most similar first: names within a small
// edit distance, and names that contain it.
func (d directory) near(name string) []string {
	type near struct {
		name     string
		distance int
	}
	var list []near
	lower := strings.ToLower(name)
	limit := min(1+len(name)/4, 12)
	for n := range d.stored {
		if name == "" {
			break
		}
		full := metadata.NodeName(n)
		distance := min(spec.Distance(lower, strings.ToLower(full), limit), spec.Distance(lower, strings.ToLower(n.Key), limit))
		if distance > limit && strings.Contains(strings.ToLower(full), lower) {
			distance = limit
		}
		if distance <= limit {
			list = append(list, near{full, distance})
		}
	}
	slices.SortFunc(list, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, n := range list[:min(len(list), nearMax)] {
		names = append(names, n.name)
	}
	return names
}
