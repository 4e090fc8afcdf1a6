package examine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// namedDatabase has names that are similar, or parts of each other.
func namedDatabase() tree {
	db := soundDatabase()
	db.at("v1", "other", "content", "blob")[layer] = blobRecord(layerBlob, tree{})
	db.at("v1", "ns", "images", "docker.io/library/alpine:3.20")["target"] = tree{"digest": manifest}
	for i := range 12 {
		db.at("v1", "ns", "leases")[fmt.Sprintf("pull-%02d", i)] = tree{}
		db.at("v1", "ns", "leases")[fmt.Sprintf("%02d/pull", i)] = tree{}
	}
	return db
}

func TestNamesThatMatch(t *testing.T) {
	d := open(t, namedDatabase().database(t), atEpoch())
	for name, want := range map[string]string{
		"image/ns/app:1":           "image/ns/app:1",
		"app:1":                    "image/ns/app:1",
		"alpine:3.20":              "image/ns/docker.io/library/alpine:3.20",
		"library/alpine:3.20":      "image/ns/docker.io/library/alpine:3.20",
		manifest:                   "content/ns/" + manifest,
		manifest[:16]:              "content/ns/" + manifest,
		manifest[7:20]:             "content/ns/" + manifest,
		"content/ns/" + layer[:14]: "content/ns/" + layer,
		"ns/" + layer:              "content/ns/" + layer,
		"ns/" + layer[:20]:         "content/ns/" + layer,
		"native/rw":                "snapshot/ns/native/rw",
		"pull-07":                  "lease/ns/pull-07",
	} {
		w, err := d.Why(name, 0)
		if err != nil {
			t.Errorf("%q: %v", name, err)
		} else if w.Node != want {
			t.Errorf("%q is %s, want %s", name, w.Node, want)
		}
	}
}

func TestNamesThatDoNotMatch(t *testing.T) {
	d := open(t, namedDatabase().database(t), atEpoch())
	cases := []struct {
		name       string
		ambiguous  bool
		count      int
		candidates []string
		text       string
	}{
		{layer, true, 2, []string{"content/ns/" + layer, "content/other/" + layer}, "matches 2 nodes"},
		{"pull", true, 12, nil, "and 4 more"},
		{"image/ns/docker.io/library/alpine:3.2", false, 0, []string{"image/ns/docker.io/library/alpine:3.20"}, ""},
		{"content/ns/sha256:", false, 0, nil, ""},
		{"image/ns/app:2", false, 0, []string{"image/ns/app:1"}, "not in the database; did you mean\n  image/ns/app:1"},
		{"imag/ns/app:1", false, 0, []string{"image/ns/app:1"}, `no kind "imag"`},
		{"APP", false, 0, []string{"image/ns/app:1"}, ""},
		{"zzzzzzzzzzzzzzzzzz", false, 0, nil, "not in the database"},
		{"", false, 0, nil, "not in the database"},
		{manifest[7:10], false, 0, nil, ""}, // too short for an abbreviated digest
		{"snapshot/ns/rw", false, 0, nil, "SNAPSHOTTER/KEY"},
	}
	for _, c := range cases {
		_, err := d.Why(c.name, 0)
		var e *examine.NameError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", c.name, err)
			continue
		}
		if e.Ambiguous != c.ambiguous || e.Count != c.count || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%q: %+v: %v", c.name, e, err)
		}
		if c.candidates != nil && !slices.Equal(e.Candidates, c.candidates) {
			t.Errorf("%q: candidates %q, want %q", c.name, e.Candidates, c.candidates)
		}
	}
}

func TestNearNamesAreNearestFirst(t *testing.T) {
	db := soundDatabase()
	for _, name := range []string{"registry.example/web:1", "registry.example/web:12", "registry.example/wep:12", "elsewhere/other"} {
		db.at("v1", "ns", "images")[name] = record(tree{"target": tree{"digest": manifest}})
	}
	_, err := open(t, db.database(t), atEpoch()).Why("registry.example/web:13x", 0)
	var e *examine.NameError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := []string{"image/ns/registry.example/web:1", "image/ns/registry.example/web:12", "image/ns/registry.example/wep:12"}
	if !slices.Equal(e.Candidates, want) {
		t.Errorf("candidates %q, want %q", e.Candidates, want)
	}
}

func TestNames(t *testing.T) {
	names, err := examine.Names(soundDatabase().database(t))
	if err != nil || len(names) != 9 || !slices.IsSorted(names) {
		t.Errorf("%q, %v", names, err)
	}
}
