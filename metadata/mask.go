package metadata

import (
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
)

// A mask is a path that an update can name, and what it then copies.
type mask[T any] struct {
	path string

	// assign copies all that the path stands for. dst may then share memory
	// with src.
	assign func(dst, src *T)

	// assignEntry, if not nil, copies what the path stands for when ".NAME"
	// follows it. It doesn't change what dst and src may share.
	assignEntry func(dst, src *T, name string)
}

// part is the mask of a part of T that is replaced as a whole.
func part[T, V any](path string, at func(*T) *V) mask[T] {
	return mask[T]{path: path, assign: func(dst, src *T) { *at(dst) = *at(src) }}
}

// entries is the mask of a map, of which an update can also name one entry. An
// entry that the update doesn't have is set to the zero value.
func entries[T any, V any](path string, at func(*T) *map[string]V) mask[T] {
	m := part(path, at)
	m.assignEntry = func(dst, src *T, name string) {
		*at(dst) = withEntry(*at(dst), *at(src), name)
	}
	return m
}

// merge copies from src what paths name, or all that masks can name if there
// are no paths. It fails with InvalidArgument on a path that no mask knows, and
// if an update of everything would change a constant.
func (t *table[T]) merge(dst, src *T, paths []string) error {
	if len(paths) > 0 {
		for _, path := range paths {
			if !t.assign(dst, src, path) {
				return fmt.Errorf("field %q cannot be updated: %w", path, errdefs.ErrInvalidArgument)
			}
		}
		return nil
	}
	for _, c := range t.fixed {
		if c.at(dst) != c.at(src) {
			return fmt.Errorf("%s cannot be changed: %w", c.name, errdefs.ErrInvalidArgument)
		}
	}
	for _, m := range t.masks {
		m.assign(dst, src)
	}
	return nil
}

// assign copies what one path names, and reports whether there is such a path.
func (t *table[T]) assign(dst, src *T, path string) bool {
	for _, m := range t.masks {
		if path == m.path {
			m.assign(dst, src)
			return true
		}
		if name, ok := strings.CutPrefix(path, m.path+"."); ok && m.assignEntry != nil {
			m.assignEntry(dst, src, name)
			return true
		}
	}
	return false
}
