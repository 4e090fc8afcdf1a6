package metadata

import (
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
)

// A mask is a path that an update can name, with the functions that copy its part of T.
type mask[T any] struct {
	path string

	// assign copies the whole part. dst can share memory with src afterwards.
	assign func(dst, src *T)

	// assignEntry copies the entry NAME of the part, for the path followed by ".NAME". It does not modify memory that
	// dst and src share. It is nil for parts without entries.
	assignEntry func(dst, src *T, name string)
}

// part is the mask of a part of T that updates replace as a whole.
func part[T, V any](path string, at func(*T) *V) mask[T] {
	return mask[T]{path: path, assign: func(dst, src *T) { *at(dst) = *at(src) }}
}

// entries is the mask of a map. An update can replace the map or one entry. An entry that the update lacks becomes the
// zero value.
func entries[T any, V any](path string, at func(*T) *map[string]V) mask[T] {
	m := part(path, at)
	m.assignEntry = func(dst, src *T, name string) {
		*at(dst) = withEntry(*at(dst), *at(src), name)
	}
	return m
}

// merge copies the parts at paths from src to dst. Without paths it copies the parts of all masks. It fails with
// InvalidArgument on an unknown path, and if an update without paths would change a constant.
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

// assign copies the part at one path, and reports whether a mask has the path.
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
