package generate

import (
	"maps"
	"slices"
	"time"

	"github.com/leanovate/gopter"
)

// Prefix is the prefix of all labels with a meaning for collections.
const Prefix = "containerd.io/gc."

// Snapshotters are the names of the snapshotters of all nodes.
var Snapshotters = []string{"s", "t"}

// A labelRow is one sort of label.
type labelRow struct {
	keys   []string // well formed ones first
	weight int
	value  func(c Chance, now time.Time) string
}

var labelRows = []labelRow{
	{[]string{"ref.content", "ref.content.x", "ref.content/x", "ref.content.y", "ref.contentx", "ref.conten"}, 10, blobValue},
	{[]string{"ref.image", "ref.image.x", "ref.image/x", "ref.imagex"}, 3, imageValue},
	{[]string{"ref.snapshot.s", "ref.snapshot.s/x", "ref.snapshot.t", "ref.snapshot.s.x", "ref.snapshot", "ref.snapshots"}, 5, keyValue},
	{[]string{"bref.content", "bref.content.x", "bref.contentx"}, 4, blobValue},
	{[]string{"bref.image", "bref.image.x", "bref.image/x"}, 4, imageValue},
	{[]string{"bref.snapshot.s", "bref.snapshot.t/x", "bref.snapshot"}, 3, keyValue},
	{[]string{"bref.container", "bref.container.x"}, 3, func(c Chance, _ time.Time) string { return c.Name(Containers) }},
	{[]string{"root"}, 3, anyValue},
	{[]string{"rootless", "root.x", "roo"}, 1, anyValue},
	{[]string{"expire"}, 5, timeValue},
	{[]string{"expires", "expire.x"}, 1, timeValue},
	{[]string{"flat"}, 3, anyValue},
	{[]string{"flat.x", "flatter"}, 1, anyValue},
	{[]string{"cond.snapshot.s", "cond.snapshot.s/x", "cond.snapshot/s", "cond.snapshot.t"}, 4, conditionValue},
	{[]string{"cond.value-usedat", "cond.value-usedat.x", "cond.value-used"}, 4, timeValue},
}

// ignored are labels without a meaning for collections.
var ignored = []string{"x", "containerd.io/gcroot", "gc.root", "containerd.io/gc", "containerd.io/gc.", "containerd.io/GC.root", "io.containerd/gc.root"}

func blobValue(c Chance, _ time.Time) string  { return string(c.Digest()) }
func imageValue(c Chance, _ time.Time) string { return c.Name(Images) }
func keyValue(c Chance, _ time.Time) string   { return c.Name(Keys) }
func anyValue(c Chance, _ time.Time) string   { return Pick(c, "x", "true", "false") }

// timeValue draws a time, sometimes malformed or in another format.
func timeValue(c Chance, now time.Time) string {
	t := c.Time(now)
	switch c.IntN(12) {
	case 0:
		return Pick(c, "never", "2026", "2026-01-01", "0")
	case 1:
		return t.In(time.FixedZone("", 3600)).Format(time.RFC3339)
	case 2:
		return t.Format(time.RFC3339Nano)
	}
	return t.Format(time.RFC3339)
}

func conditionValue(c Chance, _ time.Time) string {
	when := "usedat" + Pick(c, "<", ">", "<", ">", ">=", "=", "!") + Pick(c, "1h", "24h", "48h", "1s", "x")
	if c.OneIn(4) {
		when += ",usedat" + Pick(c, "<", ">") + Pick(c, "1h", "24h")
	}
	if c.OneIn(10) {
		return when
	}
	return when + "|" + c.Name(Keys)
}

// label draws one label.
func (c Chance) label(now time.Time) (key, value string) {
	if c.OneIn(20) {
		return Pick(c, ignored...), Pick(c, "x", string(c.Digest()))
	}
	r := weighted(c, labelRows, func(r labelRow) int { return r.weight })
	i := min(c.IntN(len(r.keys)), c.IntN(len(r.keys))) // the first ones more often
	return Prefix + r.keys[i], r.value(c, now)
}

// Labels draws labels. Their times are around now.
func (c Chance) Labels(now time.Time) map[string]string {
	n := c.IntN(3)
	if c.OneIn(6) {
		n += c.IntN(3)
	}
	if n == 0 {
		return nil
	}
	labels := map[string]string{}
	for range n {
		key, value := c.label(now)
		labels[key] = value
	}
	return labels
}

// Labels generates labels, well and badly formed. They shrink to fewer labels.
func Labels() gopter.Gen {
	return Of(func(c Chance) map[string]string { return c.Labels(Start) }, fewer)
}

func fewer(labels map[string]string) (all []map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		less := maps.Clone(labels)
		delete(less, key)
		all = append(all, less)
	}
	return all
}
