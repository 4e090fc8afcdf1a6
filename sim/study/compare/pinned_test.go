package compare_test

import (
	"context"
	"os"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

const pinnedLabel = `"labels":{"io.cri-containerd.pinned":"pinned"},`

// pinnedTrace reads the trace of the command's tests, with the label for pinned images in each image record if pinned.
func pinnedTrace(t *testing.T, pinned bool) *compare.Load {
	t.Helper()
	text, err := os.ReadFile("../../cmd/holdfast/testdata/load.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	if pinned {
		if changed = strings.ReplaceAll(changed, `"image":{"name":`, `"image":{`+pinnedLabel+`"name":`); changed == string(text) {
			t.Fatal("the trace has no image records")
		}
	}
	l, err := compare.ReadTrace(strings.NewReader(changed), "load")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Kubelet evicts no pinned image. On a disk that is too full it frees nothing, and the result says how much it wanted.
func TestPinnedTrace(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		s := compare.Study{Load: pinnedTrace(t, pinned), Disk: 1e9, Policies: policies(t, "kubelet:minage=1m,maxage=1h", "none"), NoClairvoyant: true}
		r := run(t, s)
		if evicted := figure(t, r, 0, "evictions") > 0; evicted == pinned {
			t.Errorf("pinned %v: %v evictions", pinned, figure(t, r, 0, "evictions"))
		}
		if again := figure(t, r, 0, "bytes pulled again"); pinned && again != 0 {
			t.Errorf("%v bytes of pinned images pulled again", again)
		}
		s.Disk, s.Policies = 100_000, policies(t, "kubelet:minage=1m,high=5,low=1")
		r = run(t, s)
		short := r.Policies[0].Short
		if pinned && (short == nil || short.Freed != 0 || short.Need < 1000 || short.Nodes != 1 || r.Policies[0].Idle != nil) {
			t.Errorf("pinned: %+v, idle %+v", short, r.Policies[0].Idle)
		}
		if !pinned && figure(t, r, 0, "evictions") == 0 {
			t.Error("kubelet evicts nothing that is not pinned")
		}
	}
}

// An image of a database is pinned if one of its records has the label.
func TestPinnedDatabase(t *testing.T) {
	evicted := func(labels map[string]string) float64 {
		e, err := engine.New(engine.WithoutSchedule())
		if err != nil {
			t.Fatal(err)
		}
		ctx := namespaces.WithNamespace(context.Background(), "k8s.io")
		if err := e.Namespaces().Create(ctx, "k8s.io", nil); err != nil {
			t.Fatal(err)
		}
		target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("x"), Size: 9}
		for name, of := range map[string]map[string]string{"pause:3": nil, "pause@sha256:1": labels} {
			if _, err := e.Images().Create(ctx, images.Image{Name: name, Target: target, Labels: of}); err != nil {
				t.Fatal(err)
			}
		}
		r := run(t, compare.Study{Profile: "edge", From: e, Days: 1, Seeds: 3, Policies: policies(t, "kubelet:minage=1m,maxage=1h"), NoClairvoyant: true})
		return figure(t, r, 0, "evictions")
	}
	free, pinned := evicted(nil), evicted(map[string]string{"io.cri-containerd.pinned": "pinned"})
	if pinned >= free {
		t.Errorf("%v evictions per node if the image is pinned, %v otherwise", pinned, free)
	}
	if other := evicted(map[string]string{"io.cri-containerd.pinned": "false"}); other != free {
		t.Errorf("%v evictions per node with another value of the label, %v without the label", other, free)
	}
}
