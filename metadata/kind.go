package metadata

import "github.com/holdfast-gc/holdfast/gc"

// resourceSandbox is the type that sandboxes have in a graph. containerd gives them none, because nothing
// refers to a sandbox; it is the one value that no collector can be registered for.
const resourceSandbox = gc.ResourceMax

// A kind is one sort of object that a database stores: where its records are, and what collections make
// of them.
type kind struct {
	name     string // in node names, such as "content/default/sha256:…"
	resource ResourceType
	path     []string // below v1/NAMESPACE
	scoped   bool     // one more level of buckets: the snapshotter's, which is part of the key

	obeys      meaning // which meanings labels have on it
	obeysSince Version // before, labels mean nothing on it

	// scan adds the roots and edges that do not come from labels. Kinds that are never removed make
	// every object a root.
	scan func(s *scan, o object) error
}

// kinds are in the order in which a collection visits them: leases first, since whether one of them is flat
// decides how the others are scanned.
var kinds = []kind{
	{name: "lease", resource: ResourceLease, path: []string{keyLeases},
		obeys: expires | flattens, scan: scanLease},
	{name: "snapshot", resource: ResourceSnapshot, path: []string{keySnapshots}, scoped: true,
		obeys: refers | referred | rooted | conditionValue, scan: scanSnapshot},
	{name: "ingest", resource: ResourceIngest, path: []string{keyContent, keyIngests},
		scan: scanIngest},
	{name: "content", resource: ResourceContent, path: []string{keyContent, keyBlob},
		obeys: refers | referred | rooted | conditional},
	{name: "image", resource: ResourceImage, path: []string{keyImages},
		obeys: refers | referred | conditional | expires, scan: scanImage},
	{name: "container", resource: ResourceContainer, path: []string{keyContainers},
		obeys: refers | referred, scan: scanContainer},
	{name: "sandbox", resource: resourceSandbox, path: []string{keySandboxes},
		obeys: refers, obeysSince: V1_7, scan: scanSandbox},
}
