package parity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

// A history is the result of generating from one seed: a setup and calls.
type history struct {
	Seed  uint64
	Setup setup
	Calls []call
}

// A row is one kind of step in a history.
type row struct {
	name   string
	weight int // relative frequency
	draw   func(*gen) []op
}

// one converts a function that draws a single op.
func one(draw func(*gen) op) func(*gen) []op {
	return func(g *gen) []op { return []op{draw(g)} }
}

// rows are all kinds of steps.
var rows = slices.Concat(namespaceRows, imageRows, containerRows, sandboxRows, leaseRows, contentRows,
	snapshotRows, collectRows, transactionRows)

// gen generates a history. Each seed draws its own weights, so some histories consist almost entirely of one kind of
// call, and others lack it.
type gen struct {
	*rand.Rand
	rows      []row
	weights   []int           // by index of rows
	sum       int             // of weights
	hostility float64         // the probability of an invalid argument
	faults    float64         // the probability of a fault in a call
	used      map[string]bool // names that once has seen
}

// generate generates a history of at least the given number of calls.
func generate(seed uint64, calls int) history {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0)), rows: rows, used: map[string]bool{}}
	g.hostility = pick(g, 0, 0.02, 0.1)
	g.faults = pick(g, 0, 0, 0.05, 0.2)
	for _, r := range g.rows {
		w := r.weight * pick(g, 0, 1, 1, 2, 2, 8)
		g.weights = append(g.weights, w)
		g.sum += w
	}
	h := history{Seed: seed, Setup: setup{
		Isolated: g.chance(0.4), Walking: g.chance(0.5), Cleaning: g.chance(0.5),
		Backwards: g.chance(0.1), Thorough: g.chance(0.05),
	}}
	if h.Setup.Backwards {
		g.faults = 0 // a fault would hit different calls in the two implementations
	}
	first := pick[op](g, initialize{}, initialize{}, initialize{}, initialize{}, initialize{}, namespaceDelete{Name: firstNamespace})
	if !g.chance(0.1) {
		h.Calls = append(h.Calls, call{Op: first})
	}
	for len(h.Calls) < calls {
		shared, share := g.setting(), g.chance(0.8)
		for _, o := range g.draw() {
			if !share {
				shared = g.setting()
			}
			c := call{Sleep: g.sleep(), setting: shared, Op: o}
			if g.chance(g.faults) {
				c.Fault = g.trigger(o)
			}
			h.Calls = append(h.Calls, c)
		}
	}
	return h
}

func (g *gen) draw() []op {
	at := g.IntN(g.sum)
	for i, w := range g.weights {
		if at -= w; at < 0 {
			return g.rows[i].draw(g)
		}
	}
	panic("unreachable")
}

// drawSimple draws ops that neither open nor end a transaction.
func (g *gen) drawSimple() []op {
	ops := g.draw()
	ops = slices.DeleteFunc(ops, func(o op) bool {
		switch o.(type) {
		case begin, end:
			return true
		}
		return false
	})
	return ops
}

// firstNamespace is the namespace of most calls.
const firstNamespace = "default"

func (g *gen) setting() setting {
	s := setting{Namespace: firstNamespace, Outside: g.chance(0.2)}
	if g.chance(0.3) {
		s.Namespace = g.namespace()
	}
	if g.chance(0.15) {
		s.Lease = g.leaseID()
	}
	if g.chance(0.05) {
		s.Epoch = g.Int64N(2_000_000_000)
	}
	if g.hostile() {
		s.Cancelled = g.chance(0.3)
	}
	return s
}

func (g *gen) namespace() string {
	return pick(g, firstNamespace, "k8s.io", "shared", g.name(firstNamespace, "k8s.io", "shared", "version"))
}

func (g *gen) sleep() time.Duration {
	switch g.IntN(20) {
	case 0:
		return time.Duration(g.Int64N(int64(2 * time.Hour)))
	case 1:
		return 25 * time.Hour
	case 2, 3, 4, 5, 6, 7, 8, 9:
		return time.Duration(g.Int64N(int64(20 * time.Second)))
	}
	return time.Duration(g.IntN(1_000_000))
}

// trigger draws a fault, mostly in a method that the op calls.
func (g *gen) trigger(o op) trigger {
	inContent := pick(g, "Info", "ReaderAt", "Status", "ListStatuses", "Abort", "Writer", "Write", "Truncate", "WriterStatus", "Sync", "Close", "Commit")
	inSnapshotter := pick(g, "Stat", "Update", "Usage", "Mounts", "Prepare", "View", "Commit", "Remove", "Walk", "Close") + " snapshotter " + g.snapshotter()
	inCollection := pick(g, "Walk", "Delete", "Abort", "WalkStatusRefs", "ListStatuses",
		pick(g, "Walk", "Remove", "Cleanup")+" snapshotter "+g.snapshotter(),
		pick(g, "StartCollection", "Cancel", "Finish")+" collector "+pick(g, "9", "10", "20"))
	t := trigger{
		Method: "Publish",
		Nth:    pick(g, 1, 1, 1, 2, 3),
		Class:  pick(g, "NotFound", "AlreadyExists", "FailedPrecondition", "Unavailable", "NotImplemented", "other"),
	}
	kind := fmt.Sprintf("%T", o)
	switch {
	case g.chance(0.1):
	case strings.Contains(kind, ".content"), strings.Contains(kind, ".writer"):
		t.Method = inContent
	case strings.Contains(kind, ".snapshot"):
		t.Method = inSnapshotter
	case strings.Contains(kind, ".collect"):
		t.Method = inCollection
	}
	if t.Method == "Status" && t.Class == "NotFound" {
		// A listing calls Status in map order, so the fault would hit a random ingest.
		t.Class = "other"
	}
	return t
}

func (g *gen) chance(p float64) bool { return g.Float64() < p }

// hostile decides whether an argument is invalid.
func (g *gen) hostile() bool { return g.chance(g.hostility) }

// once reports whether this is the first call with a name.
func (g *gen) once(name string) bool {
	first := !g.used[name]
	g.used[name] = true
	return first
}

func pick[T any](g *gen, from ...T) T { return from[g.IntN(len(from))] }

// name draws one of the names, or an invalid name.
func (g *gen) name(good ...string) string {
	if g.hostile() {
		return pick(g, "", g.overlong(), "bad name!", "/", ".", "\x00\xff", "unknown", strings.Repeat("n", 76), strings.Repeat("n", 77))
	}
	return pick(g, good...)
}

// overlong returns a key that is longer than the database allows.
func (g *gen) overlong() string { return strings.Repeat("k", 32769) }

// labelKeys are keys of garbage collection labels, keys that resemble them, and others.
var labelKeys = []string{
	"a", "b", "c.d/e",
	"containerd.io/gc.root",
	"containerd.io/gc.ref.content", "containerd.io/gc.ref.content.0", "containerd.io/gc.ref.content/x", "containerd.io/gc.ref.contentious",
	"containerd.io/gc.ref.snapshot.native", "containerd.io/gc.ref.snapshot.overlayfs",
	"containerd.io/gc.ref.snapshot.native/x", "containerd.io/gc.ref.snapshot.",
	"containerd.io/gc.ref.image", "containerd.io/gc.ref.image.1", "containerd.io/gc.ref.images",
	"containerd.io/gc.ref.test", "containerd.io/gc.ref.test.1", "containerd.io/gc.ref.tests", "containerd.io/gc.ref.stream/1",
	"containerd.io/gc.bref.container", "containerd.io/gc.bref.container.x", "containerd.io/gc.bref.containers",
	"containerd.io/gc.bref.content", "containerd.io/gc.bref.content/x",
	"containerd.io/gc.bref.image", "containerd.io/gc.bref.image.x", "containerd.io/gc.bref.imagery",
	"containerd.io/gc.bref.snapshot.native", "containerd.io/gc.bref.snapshot.overlayfs/x",
	"containerd.io/gc.expire", "containerd.io/gc.flat",
	"containerd.io/gc.cond.snapshot.native", "containerd.io/gc.cond.snapshot.native/x",
	"containerd.io/gc.cond.snapshot/overlayfs", "containerd.io/gc.cond.snapshot",
	"containerd.io/gc.cond.value-usedat", "containerd.io/gc.cond.value-usedat.x",
	"containerd.io/namespace.shareable",
}

func (g *gen) labelKey() string { return pick(g, labelKeys...) }

// namespaceLabelKey draws the key of a label of a namespace, mostly the label that makes it shareable.
func (g *gen) namespaceLabelKey() string {
	if g.chance(0.6) {
		return "containerd.io/namespace.shareable"
	}
	return pick(g, "a", "b", "", g.labelKey())
}

func (g *gen) namespaceLabels() map[string]string {
	if g.chance(0.3) {
		return nil
	}
	key := pick(g, "a", "b", "containerd.io/namespace.shareable")
	return map[string]string{key: g.labelValue(key)}
}

// labelValue draws a value, mostly a valid one for the key.
func (g *gen) labelValue(key string) string {
	if g.hostile() {
		return pick(g, "", strings.Repeat("v", 4096), "nonsense", "|", "usedat<|", "usedat<1h|")
	}
	contains := func(part string) bool { return strings.Contains(key, part) }
	switch {
	case contains("shareable"):
		return pick(g, "true", "true", "false", "")
	case contains("gc.ref.content"), contains("gc.bref.content"):
		return digest.FromString(g.data()).String()
	case contains("gc.ref.snapshot"), contains("gc.bref.snapshot"):
		return g.snapshotKey()
	case contains("gc.ref.image"), contains("gc.bref.image"):
		return g.imageName()
	case contains("gc.bref.container"):
		return g.containerID()
	case contains("gc.ref."):
		return pick(g, resourceKeys...)
	case contains("expire"), contains("usedat"):
		// The fake clock starts in the year 2000. Histories last up to about 20 days.
		at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.Int64N(int64(20 * 24 * time.Hour))))
		return pick(g, at.Format(time.RFC3339), at.In(time.FixedZone("", 3600)).Format(time.RFC3339), at.Format(time.RFC3339Nano), "tomorrow")
	case contains("gc.cond"):
		conditions := []string{"usedat<24h", "usedat>1h", "usedat<100h", "usedat<=1h", "usedat==1h", "usedat!1h", "usedat<soon", "size<3", "usedat"}
		return pick(g, conditions...) + pick(g, "", ","+pick(g, conditions...)) + pick(g, "|", "|", "|", "") + pick(g, "", "native/") + g.snapshotKey()
	}
	return pick(g, "", "1", "2", "true", "ünïcode")
}

// labels draws some labels, or rarely a single label that cannot be stored.
func (g *gen) labels() map[string]string {
	if g.chance(0.3) {
		return nil
	}
	labels := map[string]string{}
	for range g.IntN(4) {
		key := g.labelKey()
		labels[key] = g.labelValue(key)
	}
	if g.chance(0.15) {
		labels["containerd.io/gc.root"] = "yes"
	}
	if g.hostile() {
		// A label that cannot be stored is the only one. Otherwise map order would decide which labels are in an open
		// transaction when storing fails.
		return pick(g, map[string]string{"": "x"}, map[string]string{"k": strings.Repeat("v", 4096)},
			map[string]string{g.overlong(): "v"}, map[string]string{"": ""}, map[string]string{})
	}
	return labels
}

// with returns labels with one more label. It returns labels unchanged if they cannot be stored.
func with(labels map[string]string, key, value string) map[string]string {
	if !storable(labels) {
		return labels
	}
	if labels == nil {
		labels = map[string]string{}
	}
	labels[key] = value
	return labels
}

func (g *gen) plainLabels() map[string]string {
	labels := map[string]string{}
	for range g.IntN(3) {
		labels[pick(g, "a", "b", "org.opencontainers.image.ref.name")] = pick(g, "", "1", "2")
	}
	if g.hostile() {
		return map[string]string{"": "x"}
	}
	return labels
}

// filters draws filters on fields and labels, some with syntax errors.
func (g *gen) filters(fields ...string) []string {
	var all []string
	for range pick(g, 0, 1, 1, 2) {
		field := pick(g, append(fields, "labels.a", `labels."containerd.io/gc.root"`, "labels", "unknown", `annotations.a`)...)
		all = append(all, field+pick(g, "", "==1", "!=1", "~=^[cs]", "==c1", "==chain-0", "==active", "==view,labels.a==1", "==img",
			`=="docker.io/library/alpine:3"`, "=="+digest.FromString("x").String(), "==layer-1"))
	}
	if g.hostile() {
		all = append(all, pick(g, "", "==", "name==", "labels.", "name~=(", `"`, ","))
	}
	return all
}

// fieldsFor draws fieldpaths for an update with labels. If the labels cannot be stored, it draws no other field.
func (g *gen) fieldsFor(labels map[string]string, good ...string) []string {
	if !storable(labels) {
		return pick(g, nil, []string{"labels"})
	}
	return g.fields(good...)
}

// storable reports whether the database can store the labels.
func storable(labels map[string]string) bool {
	for k := range labels {
		if k == "" || len(k) > 4096 {
			return false
		}
	}
	return true
}

// fields draws some of the given fieldpaths, each at most once. containerd modifies the maps of its arguments, so a
// repeated fieldpath could have two meanings.
func (g *gen) fields(good ...string) []string {
	var all []string
	for range pick(g, 0, 0, 1, 1, 2, 3) {
		if field := pick(g, good...); !slices.Contains(all, field) {
			all = append(all, field)
		}
	}
	if g.hostile() {
		all = append(all, pick(g, "", "labels.unknown", "name", "target.digest", "createdat", "extensions.nil"))
	}
	return all
}

func (h history) String() string {
	return fmt.Sprintf("seed %d, %s, %d calls", h.Seed, render(h.Setup), len(h.Calls))
}
