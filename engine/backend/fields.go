package backend

import (
	"fmt"
	"maps"
	"strings"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// updatedLabels returns the labels after an update. Without fieldpaths they are all labels of changed, otherwise those
// of old with the named labels taken from changed. A label with an empty value is removed. The arguments are neither
// modified nor retained.
func updatedLabels(old, changed map[string]string, fieldpaths []string) (map[string]string, error) {
	if len(fieldpaths) == 0 {
		return keptLabels(changed), nil
	}
	labels := maps.Clone(old)
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

// keptLabels returns a copy of labels without empty values. It returns nil if labels is empty.
func keptLabels(labels map[string]string) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	kept := make(map[string]string, len(labels))
	for key, value := range labels {
		if value != "" {
			kept[key] = value
		}
	}
	return kept
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

// byInfo adapts a snapshot for filters.
func byInfo(info *snapshots.Info) filters.Adaptor {
	return filters.AdapterFunc(func(fieldpath []string) (string, bool) {
		if len(fieldpath) == 0 {
			return "", false
		}
		switch fieldpath[0] {
		case "kind":
			return strings.ToLower(info.Kind.String()), info.Kind != snapshots.KindUnknown
		case "name":
			return info.Name, true
		case "parent":
			return info.Parent, true
		case "labels":
			value, ok := info.Labels[strings.Join(fieldpath[1:], ".")]
			return value, ok
		}
		return "", false
	})
}
