package parity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

// A history is what one seed draws: a setup and the calls.
type history struct {
	Seed  uint64
	Setup setup
	Calls []call
}

// A row is one kind of step that a history can take.
type row struct {
	name   string
	weight int
	draw   func(*gen) []op
}

// one makes a row's draw of a function that draws a single op.
func one(draw func(*gen) op) func(*gen) []op {
	return func(g *gen) []op { return []op{draw(g)} }
}

// rows are all kinds of steps.
var rows = slices.Concat(namespaceRows, imageRows, containerRows, sandboxRows, leaseRows, contentRows,
	snapshotRows, collectRows, transactionRows)

// gen draws a history. Each seed draws its own weights, so that some histories
// consist of hardly anything but one kind of call and others do without.
type gen struct {
	*rand.Rand
	rows      []row
	weights   []int // by row
	sum       int
	hostility float64 // how often an argument is bad
	faults    float64 // how often a backend fails
	used      map[string]bool
}

// generate draws a history of about so many calls.
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
		g.faults = 0 // which would hit something else in each
	}
	first := pick[op](g, initialize{}, initialize{}, initialize{}, initialize{}, initialize{}, namespaceDelete{Name: firstNamespace})
	if !g.chance(0.1) {
		h.Calls = append(h.Calls, call{Op: first})
	}
	for len(h.Calls) < calls {
		where, together := g.setting(), g.chance(0.8)
		for _, o := range g.draw() {
			if !together {
				where = g.setting()
			}
			c := call{Sleep: g.sleep(), setting: where, Op: o}
			if g.chance(g.faults) {
				c.Fault = g.trouble(o)
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

// drawSimple draws without opening or ending a transaction.
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

// firstNamespace is where most calls go.
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

// trouble draws a fault that an op of that kind can meet, mostly.
func (g *gen) trouble(o op) trouble {
	inContent := pick(g, "Info", "ReaderAt", "Status", "ListStatuses", "Abort", "Writer", "Write", "Truncate", "WriterStatus", "Sync", "Close", "Commit")
	inSnapshotter := pick(g, "Stat", "Update", "Usage", "Mounts", "Prepare", "View", "Commit", "Remove", "Walk", "Close") + " snapshotter " + g.snapshotter()
	inCollection := pick(g, "Walk", "Delete", "Abort", "WalkStatusRefs", "ListStatuses",
		pick(g, "Walk", "Remove", "Cleanup")+" snapshotter "+g.snapshotter(),
		pick(g, "StartCollection", "Cancel", "Finish")+" collector "+pick(g, "9", "10", "20"))
	t := trouble{
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
		// In a list of statuses it would hit one that depends on map order.
		t.Class = "other"
	}
	return t
}

func (g *gen) chance(p float64) bool { return g.Float64() < p }

// hostile says whether an argument should be bad.
func (g *gen) hostile() bool { return g.chance(g.hostility) }

// once says whether it is the first time that it is asked for that.
func (g *gen) once(what string) bool {
	first := !g.used[what]
	g.used[what] = true
	return first
}

func pick[T any](g *gen, from ...T) T { return from[g.IntN(len(from))] }

// name draws one of the names, or a bad one.
func (g *gen) name(good ...string) string {
	if g.hostile() {
		return pick(g, "", g.overlong(), "bad name!", "/", ".", "\x00\xff", "unheard-of", strings.Repeat("n", 76), strings.Repeat("n", 77))
	}
	return pick(g, good...)
}

// overlong is more than a key of the database may have.
func (g *gen) overlong() string { return strings.Repeat("k", 32769) }

// labelKeys are the keys that mean something to a collection, and others.
var labelKeys = []string{
	"a", "b", "c.d/e",
	"containerd.io/gc.root",
	"containerd.io/gc.ref.content", "containerd.io/gc.ref.content.0", "containerd.io/gc.ref.content/x", "containerd.io/gc.ref.contentious",
	"containerd.io/gc.ref.snapshot.native", "containerd.io/gc.ref.snapshot.overlayfs", "containerd.io/gc.ref.snapshot.native/x", "containerd.io/gc.ref.snapshot.",
	"containerd.io/gc.ref.image", "containerd.io/gc.ref.image.1", "containerd.io/gc.ref.images",
	"containerd.io/gc.ref.test", "containerd.io/gc.ref.test.1", "containerd.io/gc.ref.tests", "containerd.io/gc.ref.stream/1",
	"containerd.io/gc.bref.container", "containerd.io/gc.bref.container.x", "containerd.io/gc.bref.containers",
	"containerd.io/gc.bref.content", "containerd.io/gc.bref.content/x",
	"containerd.io/gc.bref.image", "containerd.io/gc.bref.image.x", "containerd.io/gc.bref.imagery",
	"containerd.io/gc.bref.snapshot.native", "containerd.io/gc.bref.snapshot.overlayfs/x",
	"containerd.io/gc.expire", "containerd.io/gc.flat",
	"containerd.io/gc.cond.snapshot.native", "containerd.io/gc.cond.snapshot.native/x", "containerd.io/gc.cond.snapshot/overlayfs", "containerd.io/gc.cond.snapshot",
	"containerd.io/gc.cond.value-usedat", "containerd.io/gc.cond.value-usedat.x",
	"containerd.io/namespace.shareable",
}

func (g *gen) labelKey() string { return pick(g, labelKeys...) }

// namespaceLabelKey makes a namespace shareable more often than not.
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

// labelValue draws a value that makes sense for the key, mostly.
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
		return pick(g, things1...)
	case contains("expire"), contains("usedat"):
		// The fake clock starts in the year 2000 and gets this far.
		at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.Int64N(int64(20 * 24 * time.Hour))))
		return pick(g, at.Format(time.RFC3339), at.In(time.FixedZone("", 3600)).Format(time.RFC3339), at.Format(time.RFC3339Nano), "tomorrow")
	case contains("gc.cond"):
		conditions := []string{"usedat<24h", "usedat>1h", "usedat<100h", "usedat<=1h", "usedat==1h", "usedat!1h", "usedat<soon", "size<3", "usedat"}
		return pick(g, conditions...) + pick(g, "", ","+pick(g, conditions...)) + pick(g, "|", "|", "|", "") + pick(g, "", "native/") + g.snapshotKey()
	}
	return pick(g, "", "1", "2", "true", "ünïcode")
}

// labels draws some labels, or rarely one that cannot be stored.
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
		// What cannot be stored stands alone: beside others, what is left in
		// an open transaction would depend on the order of a map.
		return pick(g, map[string]string{"": "x"}, map[string]string{"k": strings.Repeat("v", 4096)},
			map[string]string{g.overlong(): "v"}, map[string]string{"": ""}, map[string]string{})
	}
	return labels
}

// with returns labels with one more, unless there is one that cannot be stored.
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

// filters draws filters on the fields and on labels, some of which do not parse.
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

// fieldsFor draws fieldpaths for an update with these labels. Beside a label
// that cannot be stored, no other is written.
func (g *gen) fieldsFor(labels map[string]string, good ...string) []string {
	if !storable(labels) {
		return pick(g, nil, []string{"labels"})
	}
	return g.fields(good...)
}

// storable reports whether the database can store all labels.
func storable(labels map[string]string) bool {
	for k := range labels {
		if k == "" || len(k) > 4096 {
			return false
		}
	}
	return true
}

// fields draws fieldpaths, of the ones given, or none. None is drawn twice:
// since containerd changes the maps it is given, that could mean two things.
func (g *gen) fields(good ...string) []string {
	var all []string
	for range pick(g, 0, 0, 1, 1, 2, 3) {
		if field := pick(g, good...); !slices.Contains(all, field) {
			all = append(all, field)
		}
	}
	if g.hostile() {
		all = append(all, pick(g, "", "labels.unheard-of", "name", "target.digest", "createdat", "extensions.nil"))
	}
	return all
}

func (h history) String() string {
	return fmt.Sprintf("seed %d, %s, %d calls", h.Seed, render(h.Setup), len(h.Calls))
}
