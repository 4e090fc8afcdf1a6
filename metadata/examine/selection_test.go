package examine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func TestSelection(t *testing.T) {
	d := open(t, openFixture(t, "c242-basic", "before.db.gz"), examine.Options{})
	for name, want := range map[string]string{
		"image/default/example.local/app:stable":       "image/default/example.local/app:stable",
		"image/moby/*attested*":                        "image/moby/docker.io/library/attested:latest image/moby/example.local/attested:1.0",
		"image/*/example.local/base:1.?":               "image/default/example.local/base:1.0 image/k8s.io/example.local/base:1.0",
		"holder/image/moby/example.local/attested:1.0": "image/moby/docker.io/library/attested:latest image/moby/example.local/attested:1.0",
		"holder/web1": "container/default/web1 snapshot/default/native/web1",
		"image/moby/*|image/moby/example.local/a*:1.0": "image/moby/docker.io/library/attested:latest image/moby/example.local/attested:1.0",
		"lease/*":                               "lease/buildkit/63879959-FfFI lease/default/brief lease/default/forever lease/default/hold-24h",
		"nowhere/*":                             "error: matches no image, lease, container, snapshot, content",
		"namespace/nowhere":                     "error: the namespaces are buildkit, default, k8s.io, moby",
		"holder/content/default/sha256:nothing": "error: not in the database",
		"holder/snapshot/k8s.io/native/*":       "error: not in the database",
		"ingest/*":                              "error: matches no image",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := d.Plan(strings.Split(name, "|")...)
			if text, bad := strings.CutPrefix(want, "error: "); bad {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("%v, want an error with %q", err, text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(p.Deleted)
			if got := strings.Join(p.Deleted, " "); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			before, err := d.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if p.Difference.Freed.Bytes != p.RemovedBytes-before.RemovedBytes {
				t.Errorf("%+v frees %d bytes", p.Difference.Freed, p.RemovedBytes-before.RemovedBytes)
			}
			for _, n := range p.Difference.Removed {
				if slices.Contains(before.Removed, n) || !slices.Contains(p.Removed, n) {
					t.Errorf("%s does not go because of the deletion", n)
				}
			}
		})
	}
}

// TestNamespaceSelection deletes everything in a namespace: only its uploads and sandboxes stay.
func TestNamespaceSelection(t *testing.T) {
	d := open(t, openFixture(t, "c242-labels", "before.db.gz"), examine.Options{})
	p, err := d.Plan("namespace/default")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Deleted) == 0 {
		t.Fatal("nothing is deleted")
	}
	for _, n := range p.Deleted {
		if !strings.HasPrefix(strings.SplitN(n, "/", 2)[1], "default/") {
			t.Errorf("%s is in another namespace", n)
		}
	}
}

// TestNextExpiry compares the forecast of a plan with plans at later times.
func TestNextExpiry(t *testing.T) {
	db, err := boltfile.Open("../testdata/cases/lease-until-tomorrow/meta.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	now := at("2026-11-28T20:00:00Z")
	d := open(t, db, examine.Options{At: now})
	p, err := d.PlanWith(examine.PlanOptions{Until: now.AddDate(0, 0, 7)})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Removed) != 0 || p.Next == nil || p.UntilFreed == nil {
		t.Fatalf("%+v", p)
	}
	later, err := open(t, db, examine.Options{At: p.Next.At.Add(1)}).Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Next.Freed.Objects != len(later.Removed) || p.Next.Freed.Bytes != later.RemovedBytes || p.Next.Freed.Objects == 0 {
		t.Errorf("%+v, want %d objects and %d bytes", p.Next, len(later.Removed), later.RemovedBytes)
	}
	if want := []string{"lease/moby/1724841234-abcd"}; !slices.Equal(p.Next.Nodes, want) {
		t.Errorf("%q expires, want %q", p.Next.Nodes, want)
	}
	exactly, err := open(t, db, examine.Options{At: p.Next.At}).Plan()
	if err != nil || len(exactly.Removed) != 0 {
		t.Errorf("at the very time: %+v, %v", exactly, err)
	}
	if p.UntilCount != 1 || p.UntilFreed.Bytes != p.Next.Freed.Bytes || p.UntilFreed.Objects != p.Next.Freed.Objects {
		t.Errorf("until then %d expiries free %+v", p.UntilCount, p.UntilFreed)
	}
	after := open(t, db, examine.Options{At: p.Next.At.Add(1)})
	if p, err = after.Plan(); err != nil || p.Next != nil {
		t.Errorf("after the last expiry: %+v, %v", p.Next, err)
	}
	short, err := d.PlanWith(examine.PlanOptions{Until: now.Add(time.Hour)})
	if err != nil || short.UntilCount != 0 || short.UntilFreed.Objects != 0 {
		t.Errorf("within an hour: %+v, %v", short.UntilFreed, err)
	}
}

// TestNamespace compares the explanation of every namespace with a plan that deletes everything in it.
func TestNamespace(t *testing.T) {
	for _, fixture := range []string{"c242-basic", "c242-labels"} {
		d := open(t, openFixture(t, fixture, "before.db.gz"), examine.Options{})
		for _, name := range []string{"default", "k8s.io", "moby", "buildkit"} {
			n, err := d.Namespace(name, 0)
			if err != nil {
				if fixture == "c242-basic" {
					t.Error(err)
				}
				continue
			}
			before, err := d.Plan()
			if err != nil {
				t.Fatal(err)
			}
			after, err := d.Plan("namespace/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if n.Freed.Bytes != after.RemovedBytes-before.RemovedBytes {
				t.Errorf("%s %s: %+v freed, a plan frees %d", fixture, name, n.Freed, after.RemovedBytes-before.RemovedBytes)
			}
			garbage := 0
			for _, removed := range before.Removed {
				kind, rest, _ := strings.Cut(removed, "/")
				if strings.HasPrefix(rest, name+"/") && n.Blocking[kind] > 0 {
					garbage++
				}
			}
			if garbage != n.GarbageBlocking || n.HolderCount != len(n.Holders) {
				t.Errorf("%s %s: %d are garbage, want %d", fixture, name, n.GarbageBlocking, garbage)
			}
		}
		if _, err := d.Namespace("nowhere", 0); err == nil {
			t.Errorf("%s: a namespace that does not exist is explained", fixture)
		}
	}
}

// FuzzSelection plans any deletion. It is an error, or the plan names what is deleted, and frees no less than without.
func FuzzSelection(f *testing.F) {
	for _, text := range []string{"image/moby/*", "holder/web1", "namespace/moby", "lease/*|image/*/?[a", "content/default/sha256:*", "//", "*"} {
		f.Add(text)
	}
	d := open(f, openFixture(f, "c242-basic", "before.db.gz"), examine.Options{})
	before, err := d.Plan()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := d.Plan(strings.Split(text, "|")...)
		if err != nil {
			return
		}
		if len(p.Deleted) == 0 {
			t.Errorf("%q deletes nothing", text)
		}
		if p.RemovedBytes < before.RemovedBytes {
			t.Errorf("%q: the collection removes %d bytes, without the deletion %d", text, p.RemovedBytes, before.RemovedBytes)
		}
	})
}
