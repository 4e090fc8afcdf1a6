package parity

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/gc"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
)

// These implementations are containerd's, with one injected bug each.
type (
	lateImages         struct{ images.Store }
	vagueImages        struct{ images.Store }
	narrowContainers   struct{ containers.Store }
	losingContainers   struct{ containers.Store }
	forgetfulSandboxes struct{ sandbox.Store }
	stickyLeases       struct{ leases.Manager }
	unorderedLeases    struct{ leases.Manager }
	fullContent        struct{ content.Store }
	panickyContent     struct{ content.Store }
	strictSnapshots    struct{ snapshots.Snapshotter }
	touchingSnapshots  struct{ snapshots.Snapshotter }
	doubleCollect      struct{ database }
	lazyCollect        struct{ database }
	deafCallbacks      struct{ database }

	loudSandboxes struct {
		sandbox.Store
		journal *journal
	}
	noisySnapshots struct {
		snapshots.Snapshotter
		backend *layers
	}
)

func (s lateImages) Get(ctx context.Context, name string) (images.Image, error) {
	image, err := s.Store.Get(ctx, name)
	if err == nil {
		image.UpdatedAt = image.UpdatedAt.Add(time.Nanosecond)
	}
	return image, err
}

func (s vagueImages) Create(ctx context.Context, image images.Image) (images.Image, error) {
	image, err := s.Store.Create(ctx, image)
	if errdefs.IsAlreadyExists(err) {
		err = fmt.Errorf("exists: %v", err)
	}
	return image, err
}

func (s narrowContainers) Update(ctx context.Context, c containers.Container, fields ...string) (containers.Container, error) {
	if len(fields) > 1 {
		fields = fields[:1]
	}
	return s.Store.Update(ctx, c, fields...)
}

func (s losingContainers) Create(ctx context.Context, c containers.Container) (containers.Container, error) {
	id := c.SandboxID
	c.SandboxID = ""
	c, err := s.Store.Create(ctx, c)
	if err == nil {
		c.SandboxID = id
	}
	return c, err
}

func (s forgetfulSandboxes) Create(ctx context.Context, b sandbox.Sandbox) (sandbox.Sandbox, error) {
	created, err := s.Store.Create(ctx, b)
	created.Sandboxer = ""
	return created, err
}

func (m stickyLeases) DeleteResource(ctx context.Context, l leases.Lease, r leases.Resource) error {
	_, err := m.ListResources(ctx, l)
	return err
}

func (m unorderedLeases) List(ctx context.Context, fs ...string) ([]leases.Lease, error) {
	all, err := m.Manager.List(ctx, fs...)
	if len(all) > 1 {
		all[0], all[1] = all[1], all[0]
	}
	return all, err
}

func (s fullContent) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	info, err := s.Store.Info(ctx, dgst)
	if info.Labels == nil {
		info.Labels = map[string]string{}
	}
	return info, err
}

func (s panickyContent) Abort(ctx context.Context, ref string) error {
	if err := s.Store.Abort(ctx, ref); err != nil {
		panic(err)
	}
	return nil
}

func (s strictSnapshots) Remove(ctx context.Context, key string) error {
	if strings.Contains(key, "/") {
		return errdefs.ErrInvalidArgument
	}
	return s.Snapshotter.Remove(ctx, key)
}

func (s touchingSnapshots) Update(ctx context.Context, info snapshots.Info, fields ...string) (snapshots.Info, error) {
	updated, err := s.Snapshotter.Update(ctx, info, fields...)
	if info.Labels != nil {
		info.Labels["seen"] = "yes"
	}
	return updated, err
}

func (d doubleCollect) GarbageCollect(ctx context.Context) (gc.Stats, error) {
	if stats, err := d.database.GarbageCollect(ctx); err != nil {
		return stats, err
	}
	return d.database.GarbageCollect(ctx)
}

func (d lazyCollect) GarbageCollect(ctx context.Context) (gc.Stats, error) {
	return nil, nil
}

func (d lazyCollect) durations(gc.Stats) durations { return durations{} }

func (s loudSandboxes) Delete(ctx context.Context, id string) error {
	err := s.Store.Delete(ctx, id)
	if err == nil {
		s.journal.note("events", "default /sandboxes/delete %s", id)
	}
	return err
}

func (s noisySnapshots) Remove(ctx context.Context, key string) error {
	err := s.Snapshotter.Remove(ctx, key)
	if err == nil {
		_ = s.backend.Remove(ctx, key)
	}
	return err
}

func (d deafCallbacks) RegisterMutationCallback(fn func(bool)) {
	d.database.RegisterMutationCallback(func(bool) { fn(false) })
}

// injectedBugs are bugs that the comparison must detect.
var injectedBugs = []struct {
	name   string
	facet  string // the facet of the mismatch; "" if several are possible
	inject func(n *node)
}{
	{"time off by a nanosecond", "value", func(n *node) { n.images = lateImages{n.images} }},
	{"error without its class", "class", func(n *node) { n.images = vagueImages{n.images} }},
	{"ignored fieldpath", "", func(n *node) { n.containers = narrowContainers{n.containers} }},
	{"field missing in a result", "value", func(n *node) { n.sandboxes = forgetfulSandboxes{n.sandboxes} }},
	{"resource not deleted from a lease", "", func(n *node) { n.leases = stickyLeases{n.leases} }},
	{"unsorted results", "value", func(n *node) { n.leases = unorderedLeases{n.leases} }},
	{"empty map instead of nil", "value", func(n *node) { n.content = fullContent{n.content} }},
	{"panic", "panic", func(n *node) { n.content = panickyContent{n.content} }},
	{"rejected key", "class", func(n *node) { n.snapshots["native"] = strictSnapshots{n.snapshots["native"]} }},
	{"modified argument", "args", func(n *node) { n.snapshots["native"] = touchingSnapshots{n.snapshots["native"]} }},
	{"backends cleaned twice", "", func(n *node) { n.db = doubleCollect{n.db} }},
	{"collection without effect", "", func(n *node) { n.db = lazyCollect{n.db} }},
	{"field not stored", "", func(n *node) { n.containers = losingContainers{n.containers} }},
	{"flag of a callback never set", "mutations", func(n *node) { n.db = deafCallbacks{n.db} }},
	{"superfluous event", "events", func(n *node) { n.sandboxes = loudSandboxes{n.sandboxes, n.journal} }},
	{"backend called twice", "snapshotter native", func(n *node) { n.snapshots["native"] = noisySnapshots{n.snapshots["native"], n.layers["native"]} }},
}

// TestInjectedBugsAreFound compares containerd with buggy versions of itself. Each bug is found, and the failing
// history is reduced to a few calls with the same failure.
func TestInjectedBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it tests the comparison, not the package")
	}
	for _, bug := range injectedBugs {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			p := pair{original, {"buggy", original.open, bug.inject}}
			found := p.firstFailure(t, 40)
			if found == nil {
				t.Fatal("the bug was not found")
			}
			reduced := p.shrink(t, *found, shrinkAttempts)
			t.Logf("%s", p.report(*found, reduced))
			if bug.facet != "" && reduced.Facet != bug.facet {
				t.Errorf("the mismatch is in %s, want %s", reduced.Facet, bug.facet)
			}
			if len(reduced.Calls) > 15 {
				t.Errorf("reduced to %d calls, want at most 15", len(reduced.Calls))
			}
		})
	}
}

// firstFailure returns the first failure among the seeds from 1 to seeds, or nil.
func (p pair) firstFailure(t *testing.T, seeds uint64) *failure {
	for seed := uint64(1); seed <= seeds; seed++ {
		if f := p.test(t, seed, newCensus()); f != nil {
			return f
		}
	}
	return nil
}
