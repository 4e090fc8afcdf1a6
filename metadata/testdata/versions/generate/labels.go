package main

import (
	"fmt"
	"strings"
)

// The labels of each kind of object: mostly labels with an effect on that kind, occasionally a label without one.
var labelsOf = map[string]string{
	"content":   "ref.content ref.content ref.snapshot ref.image bref bref cond cond noise",
	"snapshot":  "ref.content ref.snapshot ref.image bref bref used used used noise",
	"image":     "ref.content ref.snapshot ref.image bref expire expire expire cond cond noise",
	"container": "ref.content ref.snapshot ref.image bref noise",
	"sandbox":   "ref.content ref.content ref.snapshot ref.snapshot ref.image bref noise",
	"lease":     "noise",
}

const anyLabel = "root expire ref.content ref.snapshot ref.image bref cond used noise"

func (w *world) labels(t tree, kind string) {
	if w.chance(w.generous) {
		w.label(t, "root")
	}
	if kind == "snapshot" && w.chance(40) {
		w.label(t, "used")
	}
	if kind == "image" && w.chance(40) {
		w.label(t, "cond")
	}
	if w.chance(15) {
		w.label(t, w.one(strings.Fields(anyLabel)...))
	}
	for w.chance(60) {
		w.label(t, w.one(strings.Fields(labelsOf[kind])...))
	}
	if w.chance(5) {
		t.at("labels")
	}
}

func (w *world) label(t tree, what string) {
	key, value := w.newLabel(what)
	t.at("labels").put(key, value)
}

// newLabel returns a label, occasionally with a small mistake.
func (w *world) newLabel(what string) (key, value string) {
	const gc = "containerd.io/gc."
	suffix := w.one("", "", ".0", ".config", ".m.3", "/l.0", "/", ".", "x", "s")
	at := w.one(append(w.snapshotters, w.snapshotters[0], "")...)
	inSnapshotter := at + w.one("", "", "", "/x", "/", "/x/y", ".x")
	switch what {
	case "root":
		return gc + w.one("root", "root", "root", "rootless", "root.x", "root/x", "roots", "roo", "Root"), w.one("", "false", "true", "2020-01-01T00:00:00Z")
	case "expire":
		return gc + w.one("expire", "expire", "expire", "expire", "expire", "expire.x", "expires"), w.timeText()
	case "ref.content":
		return gc + what + suffix, w.digest()
	case "ref.image":
		return gc + what + suffix, w.imageName()
	case "ref.snapshot":
		return gc + w.often([]string{"ref.snapshot." + inSnapshotter}, "ref.snapshot", "ref.snapshot/"+at, "ref.snapshots."+at), w.key()
	case "bref":
		switch w.IntN(9) {
		case 0, 1:
			return gc + "bref.content" + suffix, w.digest()
		case 2, 3:
			return gc + "bref.image" + suffix, w.imageName()
		case 4, 5:
			return gc + w.often([]string{"bref.snapshot." + inSnapshotter}, "bref.snapshot", "bref.snapshot/"+at), w.key()
		case 6, 7:
			return gc + "bref.container" + suffix, w.often(w.containers, "gone")
		default:
			return gc + w.one("bref.sandbox", "bref.lease", "bref.ingest", "bref.", "bref"), w.one("pod-0", "lease-0", "upload")
		}
	case "cond":
		return gc + w.often([]string{"cond.snapshot." + inSnapshotter},
			"cond.snapshot", "cond.snapshot/"+at, "cond.snapshot"+at, "cond.snapshot.//."+at,
			"cond.snapshotx."+at, "cond.snap."+at, "cond.content"), w.condition()
	case "used":
		return gc + w.often([]string{"cond.value-usedat"}, "cond.value-usedat.x", "cond.value-usedatx", "cond.value-used", "cond.value"), w.timeText()
	default:
		return w.one("a", "containerd.io/distribution.source.docker.io", "containerd.io/gc", gc+"ref", gc+"ref.", gc+"ref.container", gc+"cond.", "containerd.io/uncompressed", "zzz", "containerd.io/snapshot.ref", "containerd.io/snapshot/overlay.x"), w.digest()
	}
}

func (w *world) condition() string {
	conditions := []string{w.oneCondition()}
	for w.chance(30) {
		conditions = append(conditions, w.oneCondition())
	}
	return strings.Join(conditions, w.often([]string{","}, ", ", "&", ";")) + w.often([]string{"|"}, "", "||", " |") + w.key()
}

func (w *world) oneCondition() string {
	if w.chance(85) {
		return fmt.Sprintf("usedat%s%v", w.one("<", ">"), w.duration())
	}
	return w.one("usedat", "usedat<", "") + w.one("", "<", ">=", "<=", "=", "==", "!=", "<<", "!") +
		w.one("48h", "", "48", "2d", " 48h", "48h ", "+48h", ".5h", "1.5h", "0", "1h30m", "2562047h47m16.854775807s", "2562047h47m16.854775808s", "-2562047h47m16.854775808s", "999999999h", "1µs", "1w")
}
