package backend

import (
	"strings"

	"github.com/containerd/containerd/v2/pkg/filters"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

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
