package nodestate_test

import (
	"fmt"
	"slices"
	"testing"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// reader returns a reader of blobs and snapshots in maps.
func reader(blobs map[digest.Digest]map[string]string, parents map[string]string) nodestate.Reader {
	return nodestate.Reader{
		Labels: func(d digest.Digest) (map[string]string, bool) { labels, ok := blobs[d]; return labels, ok },
		Parent: func(snapshotter, key string) (string, bool) {
			parent, ok := parents[snapshotter+"/"+key]
			return parent, ok
		},
	}
}

var blobs = map[digest.Digest]map[string]string{
	"index":  {"containerd.io/gc.ref.content.m.0": "absent", "containerd.io/gc.ref.content.m.1": "manifest", "containerd.io/gc.ref.content.m.2": "index"},
	"absent": {"containerd.io/gc.ref.content.l.0": "not pulled"},
	"manifest": {
		"containerd.io/gc.ref.content.config": "config", "containerd.io/gc.ref.content.l.10": "top",
		"containerd.io/gc.ref.content.l.2": "middle", "containerd.io/gc.ref.content.l.0": "base", "containerd.io/gc.ref.content.l.x": "no number",
	},
	"config": {"containerd.io/gc.ref.snapshot.overlayfs": "c", "containerd.io/gc.ref.snapshot.native": "n"},
	"base":   {}, "middle": {}, "top": {},
}

var parents = map[string]string{"overlayfs/a": "", "overlayfs/b": "a", "overlayfs/c": "b", "native/n": "gone", "loop/l": "l"}

func TestImage(t *testing.T) {
	r := reader(blobs, parents)
	if got := r.Manifest("index"); got != "manifest" {
		t.Errorf("the manifest with a layer is %q", got)
	}
	if got := r.Manifest("absent"); got != "" {
		t.Errorf("%q has no layer in the store", got)
	}
	i := r.Image("manifest")
	if want := []digest.Digest{"base", "middle", "top"}; i.Config != "config" || !slices.Equal(i.Layers, want) {
		t.Errorf("%+v, want layers %v: ordered by number, not by text", i, want)
	}
	if i.Top("overlayfs") != "c" || i.Top("native") != "n" || i.Top("zfs") != "" {
		t.Errorf("topmost snapshots: %+v", i.Tops)
	}
	if empty := r.Image("base"); empty.Config != "" || len(empty.Layers)+len(empty.Tops) > 0 {
		t.Errorf("a layer has parts: %+v", empty)
	}
}

func TestChain(t *testing.T) {
	r := reader(blobs, parents)
	for _, c := range []struct {
		name, snapshotter, top string
		want                   []string
		complete               bool
	}{
		{"complete", "overlayfs", "c", []string{"a", "b", "c"}, true},
		{"a parent is missing", "native", "n", []string{"gone", "n"}, false},
		{"the snapshot is missing", "native", "c", []string{"c"}, false},
		{"no snapshot", "overlayfs", "", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, complete := r.Chain(c.snapshotter, c.top)
			if !slices.Equal(got, c.want) || complete != c.complete {
				t.Errorf("%v, complete %v; want %v, %v", got, complete, c.want, c.complete)
			}
		})
	}
	if _, complete := r.Chain("loop", "l"); complete {
		t.Error("a chain without an end is complete")
	}
}

func ExampleReader() {
	r := reader(blobs, parents)
	image := r.Image(r.Manifest("index"))
	chain, _ := r.Chain("overlayfs", image.Top("overlayfs"))
	for i, key := range chain {
		fmt.Println(image.Layers[i], "is unpacked to", key)
	}
	// Output:
	// base is unpacked to a
	// middle is unpacked to b
	// top is unpacked to c
}
