package compare_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// Docker's prune runs by its timer. With all=true it evicts pinned images as well, without it nothing: no image of the
// trace is dangling.
func TestDockerPrunesATrace(t *testing.T) {
	s := compare.Study{
		Load: pinnedTrace(t, true), Disk: 1e9, NoClairvoyant: true,
		Policies: policies(t, "docker:all=true,every=1h", "docker:every=1h", "docker:all=true,until=300d,every=1h"),
	}
	r := run(t, s)
	if figure(t, r, 0, "evictions") == 0 || figure(t, r, 0, "bytes pulled again") == 0 {
		t.Error("docker system prune -a evicted nothing")
	}
	for i := 1; i < 3; i++ {
		if p := r.Policies[i]; figure(t, r, i, "evictions") != 0 || p.Idle == nil || p.Idle.Disk != 0 {
			t.Errorf("%s: evicted, or not idle: %+v", p.Name, p.Idle)
		}
	}
}

// A dangling image of a database goes at the first prune. An image with a tag and a younger record stays until the
// younger record is old enough.
func TestDockerPrunesADatabase(t *testing.T) {
	e, err := engine.New(engine.WithoutSchedule(), engine.WithSnapshotters("overlayfs"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "moby")
	if err := e.Namespaces().Create(ctx, "moby", nil); err != nil {
		t.Fatal(err)
	}
	create := func(name string, target digest.Digest) {
		t.Helper()
		d := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: target, Size: 1000}
		if _, err := e.Images().Create(ctx, images.Image{Name: name, Target: d}); err != nil {
			t.Fatal(err)
		}
	}
	old, dangling := digest.FromString("old"), digest.FromString("dangling")
	create("docker.io/library/app:1", old)
	create("moby-dangling@"+dangling.String(), dangling)
	e.Clock().Set(e.Clock().Now().Add(100 * 24 * time.Hour))
	create("docker.io/library/app:2", old)
	for i := range 200 { // newer ones, which the load requests instead
		e.Clock().Set(e.Clock().Now().Add(time.Second))
		create(fmt.Sprint("docker.io/library/other:", i), digest.FromString(fmt.Sprint("other", i)))
	}
	r := run(t, compare.Study{
		Profile: "edge", From: e, Days: 1.1, Seeds: 1, NoClairvoyant: true,
		Policies: policies(t, "docker:image", "docker:image,all=true,until=30d", "docker:image,all=true,until=1h"),
	})
	for i, want := range []float64{1, 1} {
		if got := figure(t, r, i, "evictions"); got != want {
			t.Errorf("%s: %v evictions, want %v", r.Policies[i].Name, got, want)
		}
	}
	if got := figure(t, r, 2, "evictions"); got < 100 {
		t.Errorf("%s: %v evictions", r.Policies[2].Name, got)
	}
}
