package metadata

import (
	"fmt"
	"maps"

	"github.com/containerd/containerd/v2/pkg/labels"
)

// validateLabels fails with InvalidArgument if a label is too long. If several are, the error names the first in
// ascending order.
func validateLabels(m map[string]string) error {
	var first string
	var invalid error
	for name, value := range m {
		if err := labels.Validate(name, value); err != nil && (invalid == nil || name < first) {
			first, invalid = name, err
		}
	}
	if invalid != nil {
		return fmt.Errorf("labels: %w", invalid)
	}
	return nil
}

// withoutEmpty returns m without its empty values, which are never stored. It returns m itself if m has no empty value,
// and a copy otherwise.
func withoutEmpty(m map[string]string) map[string]string {
	for _, value := range m {
		if value == "" {
			kept := maps.Clone(m)
			maps.DeleteFunc(kept, func(_, value string) bool { return value == "" })
			return kept
		}
	}
	return m
}

// withEntry returns a copy of dst with the entry name from src. The entry is the zero value if src lacks it.
func withEntry[V any](dst, src map[string]V, name string) map[string]V {
	changed := make(map[string]V, len(dst)+1)
	maps.Copy(changed, dst)
	changed[name] = src[name]
	return changed
}
