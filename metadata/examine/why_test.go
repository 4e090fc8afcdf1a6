package examine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func why(t testing.TB, db tree, o examine.Options, node string) *examine.Why {
	t.Helper()
	w, err := open(t, db.database(t), o).Why(node, 0)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// chainText formats a chain as NODE (REASON) > NODE (REASON), with ! before missed steps.
func chainText(c examine.Chain) string {
	var steps []string
	for _, s := range c {
		var reasons []string
		for _, r := range s.Reasons {
			reasons = append(reasons, r.Text)
		}
		step := s.Node + " (" + strings.Join(reasons, "; ") + ")"
		if s.Missed {
			step = "!" + step
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, " > ")
}

// TestWhy changes soundDatabase and checks the chains to a node.
func TestWhy(t *testing.T) {
	expired := epoch.Add(-time.Hour).Format(time.RFC3339)
	blob := func(db tree, labels tree) {
		db.at("v1", "ns", "content", "blob")[digestOf("x")] = blobRecord("x", labels)
	}
	x := "content/ns/" + digestOf("x")
	cases := []struct {
		name    string
		version metadata.Version
		change  func(db tree)
		node    string
		want    []string // chains
	}{
		{"an image keeps its layers", 0, func(tree) {}, "content/ns/" + config, []string{
			"image/ns/app:1 (a root) > content/ns/" + manifest + " (target of the image) > content/ns/" + config +
				" (label containerd.io/gc.ref.content.config)",
		}},
		{"a lease is nearer", 0, func(tree) {}, "content/ns/" + layer, []string{
			"lease/ns/l (a root until 2026-01-02T04:04:05Z) > content/ns/" + layer + " (listed by the lease)",
		}},
		{"a container keeps its root file system and its parents", 0, func(db tree) {
			delete(db.at("v1", "ns", "content", "blob", config), "labels")
		}, "snapshot/ns/native/base", []string{
			"container/ns/web (a root) > snapshot/ns/native/rw (root file system of the container) > snapshot/ns/native/base (parent of the snapshot)",
		}},
		{"an expired lease", 0, func(db tree) {
			blob(db, tree{})
			db.at("v1", "ns", "leases", "old", "labels")["containerd.io/gc.expire"] = expired
			db.at("v1", "ns", "leases", "old", "content")[digestOf("x")] = ""
		}, x, []string{"!lease/ns/old (expired at 2026-01-02T02:04:05Z) > " + x + " (listed by the lease)"}},
		{"an expired image", 0, func(db tree) {
			db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.expire"] = expired
		}, "content/ns/" + manifest, []string{
			"!image/ns/app:1 (expired at 2026-01-02T02:04:05Z) > content/ns/" + manifest + " (target of the image)",
		}},
		{"a label that a newer version obeys", metadata.V2_0, func(db tree) {
			blob(db, tree{"containerd.io/gc.bref.image": "app:1"})
		}, x, []string{
			"image/ns/app:1 (a root) > !" + x + " (its own label containerd.io/gc.bref.image is ignored: it counts from containerd 2.2 on)",
		}},
		{"a misspelt label", 0, func(db tree) {
			blob(db, tree{})
			db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.ref.contents"] = digestOf("x")
		}, x, []string{
			"image/ns/app:1 (a root) > !" + x +
				` (label containerd.io/gc.ref.contents is ignored: what follows containerd.io/gc.ref.content must begin with "." or "/")`,
		}},
		{"a label of a lease", 0, func(db tree) {
			blob(db, tree{})
			db.at("v1", "ns", "leases", "l", "labels")["containerd.io/gc.ref.content"] = digestOf("x")
		}, x, []string{
			"lease/ns/l (a root until 2026-01-02T04:04:05Z) > !" + x +
				" (label containerd.io/gc.ref.content is ignored: it means nothing on objects of kind lease)",
		}},
		{"a flat lease stops short", 0, func(db tree) {
			blob(db, tree{})
			db.at("v1", "ns", "content", "blob", layer, "labels")["containerd.io/gc.ref.content.0"] = digestOf("x")
			db.at("v1", "ns", "leases", "l", "labels")["containerd.io/gc.flat"] = "yes"
			db.at("v1", "ns", "content", "blob")[manifest] = blobRecord(manifestBlob, tree{})
		}, x, []string{
			"lease/ns/l (a root until 2026-01-02T04:04:05Z) > content/ns/" + layer + " (listed by the lease) > !" +
				x + " (a flat lease does not follow label containerd.io/gc.ref.content.0)",
		}},
		{"a condition that is not met", 0, func(db tree) {
			db.at("v1", "ns", "snapshots", "native")["cache"] = record(tree{"name": "n", "labels": tree{
				"containerd.io/gc.cond.value-usedat": epoch.Add(-48 * time.Hour).Format(time.RFC3339),
			}})
			db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.cond.snapshot.native"] = "usedat<24h|cache"
		}, "snapshot/ns/native/cache", []string{
			"image/ns/app:1 (a root) > !snapshot/ns/native/cache (label containerd.io/gc.cond.snapshot.native (its condition is not met))",
		}},
		{"a condition that is met", 0, func(db tree) {
			db.at("v1", "ns", "snapshots", "native")["cache"] = record(tree{"name": "n", "labels": tree{
				"containerd.io/gc.cond.value-usedat": epoch.Add(-time.Hour).Format(time.RFC3339),
			}})
			db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.cond.snapshot.native"] = "usedat<24h|cache"
		}, "snapshot/ns/native/cache", []string{
			"image/ns/app:1 (a root) > snapshot/ns/native/cache (label containerd.io/gc.cond.snapshot.native (its condition is met))",
		}},
		{"the image field of a container", 0, func(db tree) {
			db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.expire"] = expired
		}, "image/ns/app:1", []string{
			"!image/ns/app:1 (expired at 2026-01-02T02:04:05Z)",
		}},
		{"a sandbox that 1.7 does not read", metadata.V1_7, func(db tree) {
			blob(db, tree{})
			db.at("ns", "sandboxes")["sb"] = record(tree{"runtime": tree{"name": "r"}, "labels": tree{"containerd.io/gc.ref.content": digestOf("x")}})
		}, x, []string{
			"sandbox/ns/sb (a root) > !" + x + " (label containerd.io/gc.ref.content is ignored: collections do not read this record)",
		}},
		{"no reference at all", 0, func(db tree) { blob(db, tree{}) }, x, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			db := soundDatabase()
			c.change(db)
			w := why(t, db, examine.Options{At: epoch, Containerd: c.version}, c.node)
			var got []string
			missed := false
			for _, chain := range w.Chains {
				got = append(got, chainText(chain))
				missed = missed || strings.Contains(chainText(chain), "!")
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("chains\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if kept := len(got) > 0 && !missed; w.Kept != kept || !w.Exists {
				t.Errorf("kept %v, exists %v, with chains %q", w.Kept, w.Exists, got)
			}
		})
	}
}

func TestWhyOfMissingObject(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.ref.content.sbom"] = digestOf("gone")
	w := why(t, db, atEpoch(), "content/ns/"+digestOf("gone"))
	if w.Exists || w.Kept || len(w.Chains) != 1 {
		t.Errorf("got %s", asJSON(t, w))
	}
}

func TestWhyReportsOtherNamespaces(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "other", "content", "blob")[layer] = blobRecord(layerBlob, tree{})
	w := why(t, db, atEpoch(), "content/other/"+layer)
	if len(w.KeptElsewhere) != 1 || w.KeptElsewhere[0] != "content/ns/"+layer {
		t.Errorf("kept elsewhere: %q", w.KeptElsewhere)
	}
	if w := why(t, db, atEpoch(), "content/ns/"+layer); len(w.KeptElsewhere) != 0 {
		t.Errorf("unexpected nodes that keep the blob: %q", w.KeptElsewhere)
	}
	db.at("v1", "other", "images", "app:2")["labels"] = tree{"containerd.io/gc.ref.content": digestOf("x")}
	db.at("v1", "ns", "content", "blob")[digestOf("x")] = blobRecord("x", tree{})
	w = why(t, db, atEpoch(), "content/ns/"+digestOf("x"))
	if len(w.Astray) != 1 || w.Astray[0].From != "image/other/app:2" || w.Astray[0].To != "content/other/"+digestOf("x") {
		t.Errorf("astray: %s", asJSON(t, w.Astray))
	}
}

func TestWhyReportsIgnoredLabels(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "content", "blob")[digestOf("x")] = blobRecord("x", tree{
		"containerd.io/gc.expire": "2030-01-01T00:00:00Z", "containerd.io/gc.bref.sandbox": "sb", "note": "none of ours",
	})
	w := why(t, db, atEpoch(), "content/ns/"+digestOf("x"))
	if len(w.IgnoredLabels) != 2 || w.IgnoredLabels[0].Why != "there is no such label" ||
		w.IgnoredLabels[1].Why != "it means nothing on objects of kind content" {
		t.Errorf("got %s", asJSON(t, w.IgnoredLabels))
	}
}

func TestWhyOfFailingCollection(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "content", "ingests", "up")["expireat"] = "soon"
	d := open(t, db.database(t), atEpoch())
	if _, err := d.Why("image/ns/app:1", 0); !errors.Is(err, examine.ErrFails) {
		t.Errorf("Why: %v", err)
	}
	if _, err := d.Top(0); !errors.Is(err, examine.ErrFails) {
		t.Errorf("Top: %v", err)
	}
	p, collected, err := d.Collect()
	if err != nil || p.Fails == "" || len(p.Removed) > 0 || collected == nil {
		t.Errorf("Collect: %v, %s", err, asJSON(t, p))
	}
}
