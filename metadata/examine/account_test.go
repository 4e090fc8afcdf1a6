package examine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/leases"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

// TestAccountingIsExact adds up the parts of every fixture, and compares what holders retain with plans that delete
// them: all holders of small databases, a sample of large ones.
func TestAccountingIsExact(t *testing.T) {
	for _, name := range fixtureNames(t) {
		t.Run(name, func(t *testing.T) {
			db := openFixture(t, name, "before.db.gz")
			_, o := expectedOf(t, name)
			o.Usage = someSizes(t, db)
			for _, byName := range []bool{false, true} {
				checkAccounting(t, open(t, db, o), byName)
			}
		})
	}
}

// someSizes gives four of five snapshots a size.
func someSizes(t *testing.T, db *memkv.DB) *examine.Usage {
	t.Helper()
	objects, err := examine.Objects(db)
	if err != nil {
		t.Fatal(err)
	}
	u := examine.NewUsage()
	for i, o := range objects {
		kind, rest, _ := strings.Cut(o.Node, "/")
		_, rest, _ = strings.Cut(rest, "/")
		snapshotter, key, _ := strings.Cut(rest, "/")
		if kind == "snapshot" && i%5 > 0 {
			u.Set(snapshotter, key, int64(i*i))
		}
	}
	return u
}

func checkAccounting(t *testing.T, d *examine.Database, byName bool) {
	t.Helper()
	a, err := d.Account(examine.AccountOptions{ByName: byName})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := d.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if a.Garbage.Bytes != plan.RemovedBytes || a.Garbage.Objects != len(plan.Removed) {
		t.Errorf("garbage is %+v, a plan removes %d bytes and %d objects", a.Garbage, plan.RemovedBytes, len(plan.Removed))
	}
	if want := plan.RemovedBytes + plan.KeptBytes; a.TotalBytes != want {
		t.Errorf("%d bytes in all, a plan has %d", a.TotalBytes, want)
	}
	if sum := a.RetainedBytes + a.SharedBytes + a.Garbage.Bytes; sum != a.TotalBytes {
		t.Errorf("the parts add up to %d bytes of %d", sum, a.TotalBytes)
	}
	step := 1 + len(a.Holders)/30
	for i := 0; i < len(a.Holders); i += step {
		h := a.Holders[i]
		if slices.ContainsFunc([]examine.HolderKind{examine.HolderUpload, examine.HolderSandbox}, func(k examine.HolderKind) bool { return k == h.Kind }) {
			continue // no user can delete these
		}
		after, err := d.Plan(h.Nodes...)
		if err != nil {
			t.Fatal(err)
		}
		if freed := after.RemovedBytes - plan.RemovedBytes; freed != h.RetainedBytes {
			t.Errorf("%v retains %d bytes, deleting it frees %d", h.Nodes, h.RetainedBytes, freed)
		}
	}
}

// TestImagesOfCRI has three names of each image and a container, as a kubelet's node has.
func TestImagesOfCRI(t *testing.T) {
	r := roottest.New(t)
	app := r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 50_000))
	r.Pull("k8s.io", "docker.io/library/app:2", roottest.Layers(20_000, 9_000))
	r.Run("k8s.io", "c1", "docker.io/library/app:1", app.ChainID, 700_000)
	r.Orphan("k8s.io", "gone", "", 900_000)
	r.Close()
	disk, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	db, err := boltfile.OpenFS(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	usage := examine.NewUsage()
	usage.AddDisk(disk)
	measured, err := usage.Measure(t.Context(), disk, nil)
	if err != nil || measured != (examine.Measurement{Snapshots: 2}) {
		t.Fatalf("%+v, %v", measured, err)
	}
	d, err := examine.Open(db, examine.Options{Disk: disk, Usage: usage})
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.Account(examine.AccountOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range a.Holders {
		got = append(got, fmt.Sprintf("%s %s: %d objects, %d names", h.Client, h.Holder, h.RetainedObjects, len(h.Nodes)))
	}
	want := []string{
		"CRI container/k8s.io/c1: 2 objects, 2 names",
		"CRI image/k8s.io/docker.io/library/app:2: 7 objects, 3 names",
		"CRI image/k8s.io/docker.io/library/app:1: 6 objects, 3 names",
	}
	if !slices.Equal(got, want) {
		t.Errorf("holders %q, want %q", got, want)
	}
	if a.UnsizedSnapshots != 0 || a.Unknown == nil || a.Unknown.Objects != 1 || a.Unknown.Bytes < 900_000 {
		t.Errorf("unknown to the metadata: %+v", a.Unknown)
	}
	got = nil
	for _, s := range a.Shared {
		got = append(got, fmt.Sprint(s.Objects, s.Holders))
	}
	want = []string{
		"1 [container/k8s.io/c1 image/k8s.io/docker.io/library/app:1]",
		"1 [container/k8s.io/c1 image/k8s.io/docker.io/library/app:1 image/k8s.io/docker.io/library/app:2]",
		"1 [image/k8s.io/docker.io/library/app:1 image/k8s.io/docker.io/library/app:2]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("shared %q, want %q", got, want)
	}
	for _, h := range a.Holders {
		if h.RetainedBytes == 0 {
			t.Errorf("%s retains nothing", h.Holder)
		}
	}
	if sum := a.RetainedBytes + a.SharedBytes + a.Garbage.Bytes + a.Unknown.Bytes; sum != a.TotalBytes {
		t.Errorf("the parts add up to %d bytes of %d", sum, a.TotalBytes)
	}
}

// TestLeaseHolders has leases with and without an end, of BuildKit and of nobody known.
func TestLeaseHolders(t *testing.T) {
	r := roottest.New(t)
	layer := r.Blob("moby", "application/octet-stream", []byte("a layer of a cache"), nil)
	other := r.Blob("default", "application/octet-stream", []byte("a broken-off pull"), nil)
	r.Lease("moby", "cache", map[string]string{"containerd.io/gc.flat": "2026"}, leases.Resource{Type: "content", ID: layer.Digest.String()})
	r.Lease("default", "pull", map[string]string{"containerd.io/gc.expire": "2026-11-29T00:00:00Z"}, leases.Resource{Type: "content", ID: other.Digest.String()})
	r.Close()
	db, err := boltfile.OpenFS(r.FS(), roottest.Database)
	if err != nil {
		t.Fatal(err)
	}
	a, err := open(t, db, examine.Options{At: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)}).Account(examine.AccountOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range a.Holders {
		got = append(got, fmt.Sprint(h.Client, " ", h.Holder, " ", h.RetainedBytes, " ", h.Ends != nil))
	}
	want := []string{"BuildKit lease/moby/cache 18 false", "other lease/default/pull 17 true"}
	if !slices.Equal(got, want) {
		t.Errorf("holders %q, want %q", got, want)
	}
	got = nil
	for _, k := range a.Kinds {
		got = append(got, fmt.Sprint(k.Kind, " ", *k.Ends, " ", k.Count, " ", k.Reclaimable.Bytes))
	}
	want = []string{"lease false 1 18", "lease true 1 17"}
	if !slices.Equal(got, want) {
		t.Errorf("kinds %q, want %q", got, want)
	}
}
