package proptest

import (
	"maps"
	"slices"

	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// collectStore is the name of the ability to collect, beside those of the stores.
const collectStore = "collect"

// storeProbes returns Ops by the store that they need. A store whose Op is not implemented is missing.
func storeProbes() map[string]engine.Op {
	in := engine.Header{NS: "a"}
	target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: generate.DigestOf("a"), Size: 1}
	probes := map[string]engine.Op{
		"images":     {Name: op.ImagesCreate, Header: in, Args: op.ImageRecord{Image: images.Image{Name: "i", Target: target}}},
		"containers": {Name: op.ContainersCreate, Header: in, Args: op.ContainerRecord{Container: generate.NewContainer("c")}},
		"sandboxes":  {Name: op.SandboxesCreate, Header: in, Args: generate.NewSandbox("s", nil)},
		"leases":     {Name: op.LeasesCreate, Header: in, Args: op.LeasesCreateArgs{ID: "l"}},
		"content":    {Name: op.WritersOpen, Header: in, Args: op.WritersOpenArgs{Name: "w", Ref: "r"}},
		"namespaces": {Name: op.NamespacesCreate, Args: op.NamespacesCreateArgs{Name: "b"}},
		collectStore: collect,
	}
	for _, name := range generate.Snapshotters {
		probes["snapshots/"+name] = engine.Op{Name: op.SnapshotsPrepare, Header: in, Args: op.SnapshotCreate{Snapshotter: name, Key: "k"}}
	}
	return probes
}

// missingStores applies an Op of each store to a system and returns the names of the stores that the system lacks. It
// changes the system.
func missingStores(s System) map[string]bool {
	missing := map[string]bool{}
	probes := storeProbes()
	for _, name := range slices.Sorted(maps.Keys(probes)) {
		probe := probes[name]
		code := s.Apply(probe).Code
		if code == op.NotImplemented || code == op.NotFound && probe.Name == op.SnapshotsPrepare {
			missing[name] = true
		}
	}
	return missing
}

// storeOf returns the name of the store that an Op needs, or "".
func storeOf(o engine.Op) string {
	switch group := o.Name.Group(); group {
	case "content", "writers", "readers":
		return "content"
	case "snapshots":
		return "snapshots/" + snapshotterOf(o.Args)
	case "images", "containers", "sandboxes", "leases", "namespaces", collectStore:
		return group
	}
	return ""
}

// snapshotterOf returns the snapshotter in an Op's arguments.
func snapshotterOf(args any) string {
	switch a := args.(type) {
	case op.Snapshot:
		return a.Snapshotter
	case op.SnapshotsUpdateArgs:
		return a.Snapshotter
	case op.SnapshotCreate:
		return a.Snapshotter
	case op.SnapshotsCommitArgs:
		return a.Snapshotter
	case op.SnapshotsWalkArgs:
		return a.Snapshotter
	}
	return ""
}

// lacks reports whether the systems lack the store that an Op needs.
func (t *trial) lacks(o engine.Op) bool { return t.missing[storeOf(o)] }

// supported returns the history without the Ops whose store is missing.
func (t *trial) supported(h generate.History) generate.History {
	if len(t.missing) > 0 {
		h.Ops = slices.DeleteFunc(slices.Clone(h.Ops), t.lacks)
	}
	return h
}
