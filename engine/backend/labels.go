package backend

import (
	"fmt"
	"maps"
	"strings"

	"github.com/containerd/errdefs"
)

// updatedLabels returns the labels after an update. Without fieldpaths they are all labels of changed, otherwise those of
// old with the named labels taken from changed. A label with an empty value is removed. The arguments are neither modified
// nor retained.
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
