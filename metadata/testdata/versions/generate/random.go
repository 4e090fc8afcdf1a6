package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// base is the middle of all times in the databases.
var base = time.Date(2026, 6, 15, 12, 0, 0, 123456789, time.UTC)

// A world generates one random database.
type world struct {
	*rand.Rand
	root   tree
	schema int

	ns           string // the namespace being filled
	namespaces   []string
	snapshotters []string
	digests      []string // shared by all namespaces, for equal keys across namespaces
	keys         []string // of snapshots, likewise
	images       []string
	containers   []string
	refs         []string
	generous     int // percent of the objects that get a label that makes them a root
}

func randomDatabase(seed uint64, schema int) tree {
	w := &world{Rand: rand.New(rand.NewPCG(seed, uint64(schema))), root: tree{}, schema: schema}
	w.namespaces = w.some([]string{"default", "k8s.io", "moby", "other", "v1", "a/b"}, 1, 3)
	w.snapshotters = w.some([]string{"native", "native.x", "overlayfs", "x", "zfs"}, 1, 3)
	for i := range 6 + w.IntN(12) {
		w.digests = append(w.digests, fmt.Sprintf("sha256:%064x", 0xa0+i))
	}
	w.keys = w.some([]string{"base", "layer-1", "layer-2", "layer-3", "k/1", "k/2/x", "sha256:11", "sha256:12", "|", "a|b", "view", "work"}, 4, 9)
	w.images = w.some([]string{"docker.io/library/app:1", "docker.io/library/app:2", "ghcr.io/x/y@sha256:11", "img", "k8s.gcr.io/pause:3", "old"}, 3, 6)
	w.containers = w.some([]string{"c1", "c2", "web"}, 1, 3)
	w.refs = w.some([]string{"layer-sha256:11", "manifest/x", "upload"}, 1, 3)
	w.generous = 2 + w.IntN(10)

	v1 := w.root.at("v1")
	v1["version"] = binary.AppendVarint(nil, int64(schema))
	for _, w.ns = range w.namespaces {
		w.fill(v1.at(w.ns))
	}
	if w.chance(30) {
		w.root.at("elsewhere", "images").put("docker.io/library/app:1", "not a namespace of the schema")
	}
	if w.chance(20) {
		v1.put("plain", "not a namespace")
	}
	return w.root
}

func (w *world) fill(ns tree) {
	if w.chance(40) {
		ns.at("labels").put("containerd.io/namespace.shareable", w.one("true", "false"))
	}
	if w.chance(95) {
		for _, digest := range w.digests {
			if w.chance(75) {
				w.labels(w.object(ns.at("content", "blob", digest)), "content")
				ns.at("content", "blob", digest)["size"] = binary.AppendVarint(nil, w.Int64N(1e6))
			}
		}
		for _, ref := range w.refs {
			if w.chance(60) {
				w.ingest(ns.at("content", "ingests", ref))
			}
		}
	}
	for _, snapshotter := range w.snapshotters {
		w.snapshots(ns.at("snapshots", snapshotter))
	}
	for _, name := range w.images {
		if w.chance(70) {
			w.image(ns.at("images", name))
		}
	}
	for _, id := range w.containers {
		if w.chance(50) {
			w.container(ns.at("containers", id))
		}
	}
	for i := range w.IntN(5) {
		w.lease(ns.at("leases", fmt.Sprintf("lease-%d", i)))
	}
	for i := range 1 + w.IntN(3) {
		top := w.schema < 4 && w.chance(60) || w.chance(10)
		if top && w.ns != "v1" { // the top-level bucket "v1" is the schema
			w.sandbox(w.root.at(w.ns, "sandboxes", fmt.Sprintf("pod-%d", i)))
		}
		if !top || w.chance(40) {
			w.sandbox(ns.at("sandboxes", fmt.Sprintf("pod-%d", i)))
		}
	}
	if w.chance(15) { // values where objects are expected
		at := w.one("images", "leases", "containers", "snapshots", "sandboxes", "content")
		ns.at(at).put("plain", w.one("", "x"))
	}
}

func (w *world) object(t tree) tree {
	t["createdat"] = binaryTime(base.Add(-1000 * time.Hour))
	t["updatedat"] = binaryTime(base.Add(-999 * time.Hour))
	return t
}

func (w *world) ingest(t tree) {
	t.put("ref", "backend-"+w.one("1", "2"))
	if w.chance(80) {
		t["expireat"] = binaryTime(w.time())
	}
	if w.chance(60) {
		t.put("expected", w.digest())
	}
}

func (w *world) snapshots(of tree) {
	var made []string
	for i, key := range w.keys {
		if !w.chance(70) {
			continue
		}
		t := w.object(of.at(key))
		t.put("name", fmt.Sprintf("%s/%d/%s", w.ns, i, key))
		switch {
		case len(made) > 0 && w.chance(60):
			parent := w.one(made...)
			t.put("parent", parent)
			if w.chance(90) {
				of.at(parent, "children").put(key, "")
			}
		case w.chance(25):
			t.put("parent", w.one(append(w.keys, key, "", "gone")...)) // itself, a cycle, nothing
		}
		if w.chance(10) {
			t.at("children").put(w.one(append(w.keys, "gone")...), "") // stale
		}
		w.labels(t, "snapshot")
		made = append(made, key)
	}
}

func (w *world) image(t tree) {
	w.object(t)
	if w.chance(95) {
		target := t.at("target")
		target.put("mediatype", "application/vnd.oci.image.manifest.v1+json")
		if w.chance(95) {
			target.put("digest", w.digest())
		}
	}
	w.labels(t, "image")
}

func (w *world) container(t tree) {
	w.object(t)
	t.put("image", w.imageName())
	if w.chance(80) {
		t.put("snapshotter", w.one(append(w.snapshotters, "", "gone")...))
		t.put("snapshotKey", w.key())
	}
	t.at("runtime").put("name", "io.containerd.runc.v2")
	w.labels(t, "container")
}

func (w *world) sandbox(t tree) {
	w.object(t)
	t.put("spec", "spec "+w.one("1", "2"))
	t.at("runtime").put("name", "io.containerd.runc.v2")
	t.at("extensions")
	w.labels(t, "sandbox")
}

func (w *world) lease(t tree) {
	t["createdat"] = binaryTime(base.Add(-time.Hour))
	w.labels(t, "lease")
	if w.chance(40) {
		w.label(t, "expire")
	}
	if w.chance(40) {
		t.at("labels").put(w.one("containerd.io/gc.flat", "containerd.io/gc.flat", "containerd.io/gc.flat", "containerd.io/gc.flatx"), w.one("", "true", "false"))
	}
	for range w.IntN(3) {
		t.at("content").put(w.one(append(w.digests, "sha256:gone")...), "")
	}
	for range w.IntN(3) {
		t.at("snapshots", w.one(append(w.snapshotters, "gone")...)).put(w.one(append(w.keys, "gone")...), "")
	}
	for range w.IntN(2) {
		t.at("ingests").put(w.one(append(w.refs, "gone")...), "")
	}
	for range w.IntN(3) {
		t.at("images").put(w.one(append(w.images, "gone")...), "")
	}
}

func (w *world) digest() string    { return w.often(w.digests, "", "sha256:gone", w.one(w.images...)) }
func (w *world) key() string       { return w.often(w.keys, "", "gone", w.one(w.digests...)) }
func (w *world) imageName() string { return w.often(w.images, "", "gone", w.one(w.digests...)) }

// time returns a time near base, or occasionally exactly base or the time of a case.
func (w *world) time() time.Time {
	switch w.IntN(8) {
	case 0:
		return base
	case 1:
		return base.Add(w.duration())
	case 2:
		return base.Add(time.Duration(w.IntN(3) - 1))
	case 3:
		return time.Date(w.pick(1, 1700, 1999, 2020, 2400, 9999), 1, 2, 3, 4, 5, 0, time.UTC)
	default:
		return base.Add(time.Duration(w.IntN(240)-120) * time.Hour)
	}
}

func (w *world) timeText() string {
	switch t := w.time(); w.IntN(12) {
	case 0:
		return w.one("", "never", "2026-06-15", "2026-06-15 12:00:00Z", "2026-06-15t12:00:00z", " 2020-01-01T00:00:00Z", "2020-13-01T00:00:00Z", "2020-01-01T00:00:00", "1577836800", "2020-01-01T00:00:00+0000", "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z")
	case 1:
		return t.In(time.FixedZone("", 2*3600)).Format(time.RFC3339)
	case 2:
		return t.Format(time.RFC3339)
	case 3:
		return strings.Replace(t.Format(time.RFC3339Nano), ".", ",", 1)
	default:
		return t.Format(time.RFC3339Nano)
	}
}

func (w *world) duration() time.Duration {
	return time.Duration(w.pick(-72, -48, -36, -24, 0, 24, 36, 48, 72)) * time.Hour
}

func (w *world) chance(percent int) bool { return w.IntN(100) < percent }

func (w *world) one(of ...string) string { return of[w.IntN(len(of))] }

func (w *world) pick(of ...int) int { return of[w.IntN(len(of))] }

// often returns one of many, or occasionally one of odd.
func (w *world) often(many []string, odd ...string) string {
	if w.chance(92) {
		return w.one(many...)
	}
	return w.one(odd...)
}

// some returns between low and high of the strings, in their order.
func (w *world) some(of []string, low, high int) []string {
	left := low + w.IntN(high-low+1)
	var chosen []string
	for i, s := range of {
		if w.IntN(len(of)-i) < left {
			chosen = append(chosen, s)
			left--
		}
	}
	return chosen
}

func binaryTime(t time.Time) []byte {
	data, err := t.MarshalBinary()
	if err != nil {
		panic(err) // only for zones with odd offsets
	}
	return data
}
