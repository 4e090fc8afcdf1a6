package compare_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// newNode makes a node under a combination.
func newNode(t *testing.T, spec string, disk int64, change ...func(*compare.NodeOptions)) *compare.Node {
	t.Helper()
	e, err := engine.New(engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	c := policies(t, spec)[0]
	o := compare.NodeOptions{Engine: e, Disk: disk, Cost: compare.CostModels()[0]}
	when, err := schedule.Parse(c.Collect)
	if c.Collect == "" {
		when, err = schedule.Spec{}, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Schedule = when.Start(e.Clock().Now(), disk)
	for _, spec := range c.Release {
		p, err := policy.Parse(spec, nil)
		if err != nil {
			t.Fatal(err)
		}
		o.Release = append(o.Release, p)
	}
	for _, f := range change {
		f(&o)
	}
	n, err := compare.NewNode(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func draw(t *testing.T, name string, seed uint64, days float64) *compare.Load {
	t.Helper()
	p, err := profile.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := compare.Draw(p, seed, engine.Start, days)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The node's counters equal its engine's state: blobs to the byte, and garbage as a plan of the engine finds it.
func TestNodeAgreesWithItsEngine(t *testing.T) {
	for name, spec := range map[string]string{
		"k8s-node": "interval:3h+ttl:after=4h", "ci-runner": "interval:2h+ttl:after=3h+buildkit", "multi-tenant": "interval:2h+ttl:after=2h",
	} {
		load := draw(t, name, 3, 2)
		n := newNode(t, spec, 10e12)
		sizes := map[string]int64{} // of snapshots, by the layers they were made of
		checks, garbage := 0, 0
		orphans, collections := int64(0), 0 // bytes of the layers of removed containers, and when that was
		for i, e := range load.Events {
			if e.Run != nil {
				for _, l := range e.Run.Image.Layers {
					sizes[string(l.Chain)] = l.Unpacked
				}
				sizes[e.Run.ID] = e.Run.Written
			}
			if e.Build != nil {
				for _, r := range e.Build.Records {
					sizes[r.ID] = r.Size
				}
			}
			if err := n.Do(e); err != nil {
				t.Fatalf("%s, event %d: %v", name, i, err)
			}
			if collections != n.Collections() {
				orphans, collections = 0, n.Collections()
			}
			if e.Remove != nil {
				orphans += e.Remove.Written
			}
			if i%7 != 0 {
				continue
			}
			checks++
			plan, err := n.Engine().Plan()
			if err != nil {
				t.Fatal(err)
			}
			wasted := orphans
			gone := map[string]int{}
			for _, node := range plan.Removed {
				kind, rest, _ := strings.Cut(node, "/")
				_, key, _ := strings.Cut(rest, "/")
				switch kind {
				case "content":
					gone[key]++
				case "snapshot":
					_, key, _ = strings.Cut(key, "/")
					if _, image := sizes[key]; !image && strings.HasPrefix(key, "build/") {
						key = key[:strings.LastIndex(key, "-")] // the record
					}
					wasted += sizes[key]
				}
			}
			kept := map[string]bool{}
			for _, ns := range namespacesOf(t, n) {
				for _, d := range blobsOf(t, n, ns) {
					if kept[d] = kept[d] || !removed(plan.Removed, ns, d); kept[d] {
						delete(gone, d)
					}
				}
			}
			for d := range gone {
				info, err := n.Engine().ContentBackend().Info(context.Background(), digest.Digest(d))
				if err != nil {
					t.Fatal(err)
				}
				wasted += info.Size
			}
			if n.Garbage() != wasted {
				t.Fatalf("%s, event %d: %d bytes of garbage, by the engine's plan %d", name, i, n.Garbage(), wasted)
			}
			if wasted > 0 {
				garbage++
			}
			if n.Used() < n.Engine().ContentBackend().Size() {
				t.Fatalf("%s, event %d: %d bytes used, of which %d are blobs", name, i, n.Used(), n.Engine().ContentBackend().Size())
			}
		}
		if checks < 5 || garbage == 0 {
			t.Errorf("%s: %d checks, %d with garbage", name, checks, garbage)
		}
	}
}

// Collections that would find nothing need not be made: the node is the same, to its engine's hash.
func TestIdleCollections(t *testing.T) {
	for name, spec := range map[string]string{"edge": "containerd+kubelet:high=60,low=50", "ci-runner": "containerd:deletions=5+kubelet+buildkit", "multi-tenant": "interval:1h+ttl:after=6h"} {
		load := draw(t, name, 4, 1)
		var hashes, collections [2]any
		var nodes [2]*compare.Node
		for i := range 2 {
			n := newNode(t, spec, 60e9, func(o *compare.NodeOptions) {
				if o.EveryCollection = i == 1; name == "edge" {
					o.Faults = compare.Faults{Remove: 0.2, Snapshotter: 0.3}
				}
			})
			for _, e := range load.Events {
				if err := n.Do(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := n.Pass(load.End); err != nil {
				t.Fatal(err)
			}
			if _, err := n.Engine().Collect(context.Background()); err != nil { // cleans the backends
				t.Fatal(err)
			}
			hashes[i], collections[i] = n.Engine().Hash(), n.Collections()
			nodes[i] = n
		}
		if hashes[0] != hashes[1] || collections[0] != collections[1] || collections[0] == 0 {
			d, err := nodes[0].Engine().Diff(nodes[1].Engine())
			t.Errorf("%s: %v and %v after %v and %v collections: %+v, %v", name, hashes[0], hashes[1], collections[0], collections[1], d, err)
		}
	}
}

// small is an image of so many layers of 1 MB, unpacked 2 MB, of which the lowest are those of others.
func small(name string, shared, own int) *compare.Image {
	i := &compare.Image{Namespace: "default", Name: name, Family: name}
	i.Manifest = compare.Blob{Digest: digest.FromString("manifest " + name), Size: 1000}
	i.Config = compare.Blob{Digest: digest.FromString("config " + name), Size: 1000}
	for at := range shared + own {
		of := "base"
		if at >= shared {
			of = name
		}
		of += string(rune('a' + at))
		i.Layers = append(i.Layers, compare.Layer{
			Blob: compare.Blob{Digest: digest.FromString(of), Size: 1e6}, Chain: digest.FromString("chain " + of), Unpacked: 2e6,
		})
	}
	return i
}

// do has events happen, an hour apart.
func do(t *testing.T, n *compare.Node, events ...compare.Event) {
	t.Helper()
	for _, e := range events {
		e.At = n.Now().Add(time.Hour)
		if err := n.Do(e); err != nil {
			t.Fatal(err)
		}
	}
}

// An image occupies its layers twice, packed and unpacked, and shared layers once. A container occupies the bytes it
// writes.
func TestNodeCounts(t *testing.T) {
	n := newNode(t, "after-deletion+none", 1e9)
	a, b := &compare.Container{ID: "a", Image: small("a", 2, 1), Written: 500}, &compare.Container{ID: "b", Image: small("b", 2, 2), Written: 70}
	for _, step := range []struct {
		event compare.Event
		used  int64
	}{
		{compare.Event{Run: a}, 9_000_000 + 2000 + 500},
		{compare.Event{Run: b}, 15_000_000 + 4000 + 570},
		{compare.Event{Remove: a}, 15_000_000 + 4000 + 70}, // a collection follows at once
		{compare.Event{Pull: a.Image}, 15_000_000 + 4000 + 70},
		{compare.Event{Abandon: small("c", 2, 2)}, 15_000_000 + 4000 + 70}, // half of its layers are there
		{compare.Event{Abandon: small("d", 0, 4)}, 17_000_000 + 4000 + 70},
		{compare.Event{Remove: a}, 17_000_000 + 4000 + 70}, // again: nothing
	} {
		do(t, n, step.event)
		if n.Used() != step.used || n.Garbage() != 0 {
			t.Errorf("%+v: %d bytes, %d garbage; want %d", step.event, n.Used(), n.Garbage(), step.used)
		}
	}
	// The lease of an abandoned pull expires after a day. Then a collection removes its blobs.
	if err := n.Pass(n.Now().Add(22*time.Hour - 1)); err != nil || n.Garbage() != 0 {
		t.Errorf("before the lease expires: %d bytes of garbage, %v", n.Garbage(), err)
	}
	if err := n.Pass(n.Now().Add(2 * time.Hour)); err != nil || n.Garbage() != 2e6 {
		t.Errorf("after the lease expired: %d bytes of garbage, %v", n.Garbage(), err)
	}
	do(t, n, compare.Event{Remove: b})
	if n.Garbage() != 0 || n.Used() != 15_000_000+4000 {
		t.Errorf("after a collection: %d bytes, %d garbage", n.Used(), n.Garbage())
	}
}

// A container waits for disk space. A container that is removed before that never ran.
func TestDiskFull(t *testing.T) {
	n := newNode(t, "after-deletion+none", 20_000_000)
	list := []*compare.Container{
		{ID: "a", Image: small("a", 0, 3), Written: 9_000_000}, {ID: "b", Image: small("b", 0, 2)}, {ID: "c", Image: small("c", 0, 2)},
	}
	for _, c := range list {
		do(t, n, compare.Event{Run: c})
	}
	if n.Used() != 18_002_000 {
		t.Errorf("%d bytes", n.Used())
	}
	do(t, n, compare.Event{Remove: list[2]}, compare.Event{Remove: list[0]}) // the second makes room for b alone
	if n.Used() != 15_004_000 {
		t.Errorf("%d bytes", n.Used())
	}
	// Kubelet evicts unused images when the disk is full, whatever its thresholds.
	n = newNode(t, "kubelet:high=100,low=99", 20_000_000)
	do(t, n, compare.Event{Run: list[0]}, compare.Event{Remove: list[0]}, compare.Event{Run: list[1]}, compare.Event{Remove: list[1]}, compare.Event{Run: list[2]})
	if n.Used() != 15_004_000-9_000_000+6_002_000 && n.Used() != 6_002_000 {
		t.Errorf("%d bytes", n.Used())
	}
}

func TestNewNodeRefuses(t *testing.T) {
	for _, disk := range []int64{0, -1, 5} {
		if _, err := compare.NewNode(compare.NodeOptions{Disk: disk, Other: 5}); err == nil {
			t.Errorf("disk %d: no error", disk)
		}
	}
}

func namespacesOf(t *testing.T, n *compare.Node) []string {
	t.Helper()
	list, err := n.Engine().Namespaces().List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func blobsOf(t *testing.T, n *compare.Node, namespace string) (list []string) {
	t.Helper()
	err := n.Engine().Content().Walk(inNamespace(namespace), func(i content.Info) error {
		list = append(list, string(i.Digest))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func removed(list []string, namespace, d string) bool {
	for _, node := range list {
		if node == "content/"+namespace+"/"+d {
			return true
		}
	}
	return false
}
