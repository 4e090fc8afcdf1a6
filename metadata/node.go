package metadata

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
)

// nodeNames are the names of the resource types in node names. Collectors may own further types, which go by
// their number.
var nodeNames = map[ResourceType]string{
	ResourceContent:   "content",
	ResourceSnapshot:  "snapshot",
	ResourceContainer: "container",
	ResourceTask:      "task",
	ResourceImage:     "image",
	ResourceLease:     "lease",
	ResourceIngest:    "ingest",
	ResourceStream:    "stream",
	ResourceMount:     "mount",
	resourceSandbox:   "sandbox",
}

// KindName returns the name of a resource type, such as "content".
func KindName(t ResourceType) string {
	if name, ok := nodeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("type%d", t)
}

// NodeName returns a node as KIND/NAMESPACE/KEY: "image/default/docker.io/library/alpine:3.20",
// "snapshot/default/overlayfs/sha256:…". ParseNode reads it back, unless the namespace has a "/", which
// containerd allows in none.
func NodeName(n gc.Node) string {
	return KindName(n.Type) + "/" + n.Namespace + "/" + n.Key
}

// ParseNode reads a node name. The key may hold further slashes, and may be empty.
func ParseNode(name string) (gc.Node, error) {
	kind, rest, ok := strings.Cut(name, "/")
	namespace, key, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || namespace == "" {
		return gc.Node{}, fmt.Errorf("node %q: must have the form KIND/NAMESPACE/KEY, such as image/default/docker.io/library/alpine:3.20", name)
	}
	t, ok := parseKind(kind)
	if !ok {
		return gc.Node{}, fmt.Errorf("node %q: no kind %q; the kinds are %s", name, kind, kindList())
	}
	if t == ResourceSnapshot && !strings.Contains(key, "/") {
		return gc.Node{}, fmt.Errorf("node %q: a snapshot's key has the form SNAPSHOTTER/KEY, such as snapshot/default/overlayfs/web", name)
	}
	return gc.Node{Type: t, Namespace: namespace, Key: key}, nil
}

func parseKind(name string) (ResourceType, bool) {
	for t := ResourceUnknown; t <= gc.ResourceMax; t++ {
		if KindName(t) == name {
			return t, true
		}
	}
	return 0, false
}

func kindList() string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

// RecordPath returns the names of the buckets that lead to an object's record; nil if n is of no kind that a
// database stores.
func RecordPath(n gc.Node) []string {
	for i := range kinds {
		k := &kinds[i]
		if k.resource != n.Type {
			continue
		}
		path := append([]string{keyVersion1, n.Namespace}, k.path...)
		if !k.scoped {
			return append(path, n.Key)
		}
		scope, key, _ := strings.Cut(n.Key, "/")
		return append(path, scope, key)
	}
	return nil
}
