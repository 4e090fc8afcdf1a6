package schema

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// A Kind is a kind of object in a database, with the place of its records. [rules.Obeyed] has the meanings of its
// labels.
type Kind struct {
	Name     string          // in node names, such as "content/default/sha256:…"
	Resource gc.ResourceType // one of package rules
	Path     []string        // of the bucket with the records, below v1/NAMESPACE
	Scoped   bool            // the path continues with the snapshotter, which is part of the key
}

// kinds are all kinds, in the order of [Kinds].
var kinds = []Kind{
	{Name: "lease", Resource: rules.ResourceLease, Path: []string{KeyLeases}},
	{Name: "snapshot", Resource: rules.ResourceSnapshot, Path: []string{KeySnapshots}, Scoped: true},
	{Name: "ingest", Resource: rules.ResourceIngest, Path: []string{KeyContent, KeyIngests}},
	{Name: "content", Resource: rules.ResourceContent, Path: []string{KeyContent, KeyBlob}},
	{Name: "image", Resource: rules.ResourceImage, Path: []string{KeyImages}},
	{Name: "container", Resource: rules.ResourceContainer, Path: []string{KeyContainers}},
	{Name: "sandbox", Resource: rules.ResourceSandbox, Path: []string{KeySandboxes}},
}

// Kinds returns all kinds, in the order in which a collection scans them. Leases come first, because a flat lease
// changes the scan of the others. The caller must not modify the slice.
func Kinds() []Kind { return kinds }

// KindOf returns the kind of the objects with a resource type. It reports false if a database stores no such objects.
func KindOf(t gc.ResourceType) (Kind, bool) {
	for i := range kinds {
		if kinds[i].Resource == t {
			return kinds[i], true
		}
	}
	return Kind{}, false
}

// NodeName returns the name of a node in the form KIND/NAMESPACE/KEY, for example
// "image/default/docker.io/library/alpine:3.20" or "snapshot/default/overlayfs/sha256:…". [ParseNode] is the inverse,
// except for a namespace with a "/", which containerd rejects.
func NodeName(n gc.Node) string {
	return rules.KindName(n.Type) + "/" + n.Namespace + "/" + n.Key
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
	if t == rules.ResourceSnapshot && !strings.Contains(key, "/") {
		return gc.Node{}, fmt.Errorf("node %q: a snapshot's key has the form SNAPSHOTTER/KEY, such as snapshot/default/overlayfs/web", name)
	}
	return gc.Node{Type: t, Namespace: namespace, Key: key}, nil
}

func parseKind(name string) (gc.ResourceType, bool) {
	for t := rules.ResourceUnknown; t <= gc.ResourceMax; t++ {
		if rules.KindName(t) == name {
			return t, true
		}
	}
	return 0, false
}

func kindList() string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// RecordPath returns the path of an object's record: the names of the buckets from the root. It returns nil if a
// database stores no objects of n's type.
func RecordPath(n gc.Node) []string {
	k, ok := KindOf(n.Type)
	if !ok {
		return nil
	}
	path := append(make([]string, 0, 5), KeyVersion1, n.Namespace) // no path is longer
	path = append(path, k.Path...)
	if !k.Scoped {
		return append(path, n.Key)
	}
	scope, key, _ := strings.Cut(n.Key, "/")
	return append(path, scope, key)
}
