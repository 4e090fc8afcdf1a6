package parity

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/containerd/containerd/v2/core/images"
)

type (
	initialize struct{}
	begin      struct{ Writable bool }
	end        struct{ Commit bool }
	publishes  struct{}
	tamperWith struct{ Tampering tampering }
)

var (
	errOpen    = errors.New("a transaction is open")
	errNotOpen = errors.New("no transaction is open")
)

func (o initialize) exclusive()                                    {}
func (o initialize) run(ctx context.Context, n *node) (any, error) { return nil, n.db.Init(ctx) }

func (o begin) reads() {}
func (o begin) run(ctx context.Context, n *node) (any, error) {
	if n.tx != nil {
		return nil, errOpen
	}
	return nil, n.begin(o.Writable)
}

func (o end) reads() {}
func (o end) run(ctx context.Context, n *node) (any, error) {
	if n.tx == nil {
		return nil, errNotOpen
	}
	return nil, n.end(o.Commit)
}

func (o publishes) reads()                                        {}
func (o publishes) run(ctx context.Context, n *node) (any, error) { return n.db.publishes(ctx), nil }

func (o tamperWith) run(ctx context.Context, n *node) (any, error) {
	return nil, n.inTransaction(ctx, true, func(s session) error { return s.tamper(o.Tampering) })
}

var transactionRows = []row{
	{"init", 1, one(func(g *gen) op { return initialize{} })},
	{"begin", 1, one(func(g *gen) op { return begin{g.chance(0.8)} })},
	{"end", 4, one(func(g *gen) op { return end{g.chance(0.7)} })},
	{"transaction", 2, func(g *gen) []op { return g.bracket(g.chance(0.9)) }},
	{"publishes", 1, one(func(g *gen) op { return publishes{} })},
	{"migrate", 1, migrate},
	{"corrupt", 1, corrupt},
}

// bracket draws a transaction with some calls, which then ends.
func (g *gen) bracket(writable bool) []op {
	ops := []op{begin{writable}}
	for range g.IntN(8) {
		ops = append(ops, g.drawSimple()...)
	}
	return append(ops, end{g.chance(0.7)})
}

// corrupt corrupts one record, and then reads and updates it. A collection does not read the corrupt fields, because a
// failing collection of containerd leaks a goroutine.
func corrupt(g *gen) []op {
	if !g.once("corrupt") || g.chance(0.5) {
		return nil
	}
	const bad = "\xff\xff\xff"
	record := func(names ...string) []string { return append([]string{"v1", firstNamespace}, names...) }
	image, id, box, lease := g.imageName(), g.containerID(), g.sandboxID(), g.leaseID()
	snapshot, dgst := g.snapshotKey(), g.digest()
	return pick(g,
		[]op{imageCreate{g.image()}, tamperWith{pick(g,
			tampering{record("images", image, "createdat"), bad, put},
			tampering{record("images", image, "target"), "", removeBucket},
			tampering{record("images", image, "target", "size"), bad, put},
			tampering{record("images", image, "target", "size"), "", remove},
		)}, imageGet{image}, imageList{}, imageUpdate{images.Image{Name: image}, []string{"labels"}}},
		[]op{tamperWith{pick(g,
			tampering{record("containers", id, "updatedat"), bad, put},
			tampering{record("containers", id, "spec"), bad, put},
			tampering{record("containers", id, "runtime"), "", removeBucket},
			tampering{record("containers", id, "runtime", "options"), bad, put},
			tampering{record("containers", id, "extensions", "x"), bad, put},
		)}, containerGet{id}, containerList{}, containerUpdate{container{ID: id}, []string{"labels"}}},
		[]op{tamperWith{pick(g,
			tampering{record("sandboxes", box, "createdat"), bad, put},
			tampering{record("sandboxes", box, "spec"), bad, put},
			tampering{record("sandboxes", box, "runtime"), "", removeBucket},
			tampering{record("sandboxes", box, "runtime", "options"), bad, put},
			tampering{record("sandboxes", box, "extensions", "x"), bad, put},
		)}, sandboxGet{box}, sandboxList{}, sandboxUpdate{pod{ID: box}, []string{"labels"}}},
		[]op{tamperWith{tampering{record("leases", lease, "createdat"), bad, put}}, leaseList{}},
		[]op{tamperWith{pick(g,
			tampering{record("content", "blob", string(dgst), "createdat"), bad, put},
			tampering{record("content", "blob", string(dgst), "size"), bad, put},
			tampering{record("content", "blob", "not a digest"), "", createBucket},
		)}, contentInfo{dgst}, contentWalk{}, contentUpdate{Digest: dgst}},
		[]op{tamperWith{pick(g,
			tampering{record("snapshots", "native", snapshot, "createdat"), bad, put},
			tampering{record("snapshots", "native", snapshot, "name"), "", remove},
			tampering{record("snapshots", "native", snapshot, "parent"), "gone", put},
		)}, snapshotStat{"native", snapshot}, snapshotWalk{Snapshotter: "native"}, snapshotUpdate{Snapshotter: "native", Key: snapshot},
			snapshotRemove{"native", snapshot}},
	)
}

// migrate turns the database into one of an older version, approximately, and initializes it.
func migrate(g *gen) []op {
	old := binary.AppendVarint(nil, pick(g, int64(0), 1, 2, 3, 4, 5, -1))
	ns := g.namespace()
	if ns == "" {
		ns = firstNamespace
	}
	ops := []op{tamperWith{tampering{[]string{"v1", "version"}, string(old), put}}}
	for range g.IntN(4) {
		name, key, id := g.snapshotter(), g.snapshotKey(), g.sandboxID()
		ops = append(ops, tamperWith{pick(g,
			tampering{[]string{"v1", "version"}, "", remove},
			tampering{[]string{"v1", ns, "snapshots", name, key, "children"}, "", removeBucket},
			tampering{[]string{"v1", ns, "content", "ingest", g.ref()}, "backend/" + g.ref(), put},
			tampering{[]string{ns, "sandboxes", id, "runtime", "name"}, "runc", put},
			tampering{[]string{ns, "sandboxes", id, "sandboxer"}, "old", put},
			tampering{[]string{ns, "sandboxes", id, "labels", "a"}, "b", put},
			tampering{[]string{ns, "other"}, "", createBucket},
		)})
	}
	return append(ops, initialize{})
}
