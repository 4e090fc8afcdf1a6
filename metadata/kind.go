package metadata

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// A kind is a kind of object in a database: the place of its records, and its scan function. [rules.Obeyed] has the
// meanings of its labels.
type kind struct {
	name     string // in node names, such as "content/default/sha256:…"
	resource ResourceType
	path     []string // below v1/NAMESPACE
	scoped   bool     // the path continues with the snapshotter, which is part of the key

	// scan adds the roots and edges that do not come from labels. It is nil if there are none. For a kind that a
	// collection never removes, it makes every object a root.
	scan func(s *scan, o object) error
}

// kinds are all kinds, in the order of the scan. Leases come first, because a flat lease changes the scan of the
// others.
var kinds = []kind{
	{name: "lease", resource: ResourceLease, path: []string{keyLeases}, scan: scanLease},
	{name: "snapshot", resource: ResourceSnapshot, path: []string{keySnapshots}, scoped: true, scan: scanSnapshot},
	{name: "ingest", resource: ResourceIngest, path: []string{keyContent, keyIngests}, scan: scanIngest},
	{name: "content", resource: ResourceContent, path: []string{keyContent, keyBlob}},
	{name: "image", resource: ResourceImage, path: []string{keyImages}, scan: scanImage},
	{name: "container", resource: ResourceContainer, path: []string{keyContainers}, scan: scanContainer},
	{name: "sandbox", resource: rules.ResourceSandbox, path: []string{keySandboxes}, scan: scanSandbox},
}

// NodeName returns the name of a node in the form KIND/NAMESPACE/KEY, for example
// "image/default/docker.io/library/alpine:3.20" or "snapshot/default/overlayfs/sha256:…". [ParseNode] is the inverse,
// except for a namespace with a "/", which containerd rejects.
func NodeName(n gc.Node) string {
	return KindName(n.Type) + "/" + n.Namespace + "/" + n.Key
}

// ParseNode parses a node name. The key can contain slashes, and can be empty. The error explains the form.
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

// RecordPath returns the path of an object's record: the names of the buckets from the root. It returns nil if a
// database stores no objects of n's type.
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
