package backend

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A labelList holds the labels of a record, sorted by key. It is immutable. A map of a few labels needs several times
// the memory.
type labelList []label

type label struct{ key, value string }

// listLabels returns a copy of m. Like m, it can be nil.
func listLabels(m map[string]string) labelList {
	if m == nil {
		return nil
	}
	list := make(labelList, 0, len(m))
	for key, value := range m {
		list = append(list, label{key, value})
	}
	slices.SortFunc(list, func(a, b label) int { return strings.Compare(a.key, b.key) })
	return list
}

// toMap returns a copy, which is nil if the list is.
func (l labelList) toMap() map[string]string {
	if l == nil {
		return nil
	}
	m := make(map[string]string, len(l))
	for _, label := range l {
		m[label.key] = label.value
	}
	return m
}

// get returns the value of a label, and whether it exists.
func (l labelList) get(key string) (string, bool) {
	for _, label := range l {
		if label.key == key {
			return label.value, true
		}
	}
	return "", false
}

// updatedLabels returns the labels after an update. Without fieldpaths they are all labels of changed, otherwise those
// of old with the named labels taken from changed. A label with an empty value is removed.
func updatedLabels(old labelList, changed map[string]string, fieldpaths []string) (labelList, error) {
	if len(fieldpaths) == 0 {
		return keptLabels(changed), nil
	}
	labels := old.toMap()
	for _, path := range fieldpaths {
		if path == "labels" {
			labels = maps.Clone(changed)
			continue
		}
		key, ok := strings.CutPrefix(path, "labels.")
		if !ok {
			return nil, fmt.Errorf("field %q cannot be updated: %w", path, errdefs.ErrInvalidArgument)
		}
		if labels == nil {
			labels = map[string]string{}
		}
		labels[key] = changed[key]
	}
	return keptLabels(labels), nil
}

// keptLabels returns the labels without empty values. It returns nil if labels is empty.
func keptLabels(labels map[string]string) labelList {
	if len(labels) == 0 {
		return nil
	}
	return slices.DeleteFunc(listLabels(labels), func(l label) bool { return l.value == "" })
}

// byRef adapts an ingest for filters.
func byRef(ref string) filters.Adaptor {
	return filters.AdapterFunc(func(fieldpath []string) (string, bool) {
		if len(fieldpath) > 0 && fieldpath[0] == "ref" {
			return ref, true
		}
		return "", false
	})
}

// byRecord adapts a snapshot for filters.
func byRecord(r *record) filters.Adaptor {
	return filters.AdapterFunc(func(fieldpath []string) (string, bool) {
		if len(fieldpath) == 0 {
			return "", false
		}
		switch fieldpath[0] {
		case "kind":
			return strings.ToLower(r.info.Kind.String()), r.info.Kind != snapshots.KindUnknown
		case "name":
			return r.info.Name, true
		case "parent":
			return r.info.Parent, true
		case "labels":
			return r.labels.get(strings.Join(fieldpath[1:], "."))
		}
		return "", false
	})
}
