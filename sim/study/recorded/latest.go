package recorded

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// A latest lists the image records of each namespace, and of each repository in it, in the order of their creation. It
// drops removed records when it meets them.
type latest struct {
	images map[at]*image
	made   map[at][]madeImage // by namespace, and repository or ""
}

type madeImage struct {
	where at
	image *image
}

// newLatest starts with existing images. It keeps the map, which its owner goes on to change.
func newLatest(images map[at]*image) *latest {
	l := &latest{images, map[at][]madeImage{}}
	for _, where := range slices.SortedFunc(maps.Keys(images), at.compare) {
		l.add(where, images[where])
	}
	return l
}

func (l *latest) add(where at, i *image) {
	for _, list := range []at{{where.namespace, repository(where.key)}, {where.namespace, ""}} {
		l.made[list] = append(l.made[list], madeImage{where, i})
	}
}

// sibling returns the latest fitting image of the repository of a new record, or else of its namespace; nil if there is
// none. It ignores the record's own target.
func (l *latest) sibling(where at, fits func(*image) bool) *image {
	for _, list := range []at{{where.namespace, repository(where.key)}, {where.namespace, ""}} {
		l.made[list] = slices.DeleteFunc(l.made[list], func(m madeImage) bool { return l.images[m.where] != m.image })
		for _, m := range slices.Backward(l.made[list]) {
			if m.where != where && fits(m.image) {
				return m.image
			}
		}
	}
	return nil
}

// repository is an image's name without tag and digest.
func repository(name string) string {
	name, _, _ = strings.Cut(name, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return name
}

// compare orders by namespace, then by key.
func (a at) compare(b at) int {
	return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.key, b.key))
}
