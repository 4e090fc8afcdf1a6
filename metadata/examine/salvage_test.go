package examine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

const pageSize = 4096

// TestSalvageOfEveryPage zeroes one page after another of each fixture, a sample of the pages of large ones. The result
// has every value outside the lost parts, bbolt finds it sound, and containerd collects garbage on it.
func TestSalvageOfEveryPage(t *testing.T) {
	for _, fixture := range []string{"c242-tiny", "c16-tiny", "c242-basic", "c242-labels", "c17-labels", "c242-interrupted"} {
		t.Run(fixture, func(t *testing.T) {
			whole := unzipped(t, filepath.Join(fixturesDir, fixture, "before.db.gz"))
			before, err := boltfile.ReadBytes(whole)
			if err != nil {
				t.Fatal(err)
			}
			values := valuesOf(t, before)
			damaged := 0
			for page := 2; page < len(whole)/pageSize; page++ {
				data := slices.Clone(whole)
				clear(data[page*pageSize : (page+1)*pageSize])
				if _, err := boltfile.ReadBytes(data); err == nil {
					continue // a free page
				}
				damaged++
				var losses boltfile.Salvage
				db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
				if err != nil || !losses.Lossy() {
					t.Fatalf("page %d: %v, losses %v", page, err, losses.Losses)
				}
				checkSalvaged(t, fmt.Sprintf("page %d", page), values, valuesOf(t, db), &losses)
				if damaged%8 == 1 {
					if _, err := examine.DescribeSalvage(db, examine.SalvageOptions{Losses: &losses}); err != nil && !errors.Is(err, examine.ErrNothingLeft) {
						t.Fatalf("page %d: %v", page, err)
					}
					collectByContainerd(t, fmt.Sprintf("page %d", page), db)
				}
			}
			if damaged < 5 {
				t.Errorf("only %d pages are in use", damaged)
			}
		})
	}
}

// checkSalvaged checks that everything outside the losses is there, and that nothing was invented.
func checkSalvaged(t *testing.T, what string, before, after map[string]string, losses *boltfile.Salvage) {
	t.Helper()
	for path, value := range before {
		got, ok := after[path]
		switch {
		case ok && got != value:
			t.Errorf("%s: another value of %q", what, path)
		case !ok && !isLost(path, losses):
			t.Errorf("%s: %q is missing, and not among the losses", what, path)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Errorf("%s: %q was not there before", what, path)
		}
	}
}

// isLost reports whether a path lies in a lost part: below a lost bucket, or in a lost range of its keys.
func isLost(path string, losses *boltfile.Salvage) bool {
	names := strings.Split(path, "\x00")
	return slices.ContainsFunc(losses.Losses, func(l boltfile.Loss) bool {
		if len(names) <= len(l.Bucket) || !slices.Equal(names[:len(l.Bucket)], l.Bucket) {
			return false
		}
		key := names[len(l.Bucket)]
		return (l.Low == nil || key >= string(l.Low)) && (l.High == nil || key < string(l.High))
	})
}

// valuesOf returns all values of a database by their paths.
func valuesOf(t *testing.T, db *memkv.DB) map[string]string {
	t.Helper()
	values := map[string]string{}
	var walk func(prefix string, f memkv.Frozen)
	walk = func(prefix string, f memkv.Frozen) {
		for name, e := range f.All() {
			if e.IsBucket() {
				walk(prefix+name+"\x00", e.Bucket())
			} else {
				values[prefix+name] = string(e.Value())
			}
		}
	}
	if err := db.View(func(tx *memkv.Tx) error {
		walk("", tx.Freeze())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return values
}

// collectByContainerd writes a database, has bbolt check it, and runs containerd's collection on it.
func collectByContainerd(t *testing.T, what string, db *memkv.DB) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "meta.db")
	if err := boltfile.WriteFile(path, db, boltfile.WithoutFreelist()); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	kv, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer kv.Close()
	if err := kv.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			return err
		}
		return nil
	}); err != nil {
		t.Errorf("%s: bbolt: %v", what, err)
	}
	contents, err := local.NewStore(filepath.Join(dir, "content"))
	if err != nil {
		t.Fatal(err)
	}
	sn, err := native.NewSnapshotter(filepath.Join(dir, "native"))
	if err != nil {
		t.Fatal(err)
	}
	defer sn.Close()
	m := metadata.NewDB(kv, contents, map[string]snapshots.Snapshotter{"native": sn})
	if err := m.Init(context.Background()); err != nil {
		t.Fatalf("%s: containerd does not start: %v", what, err)
	}
	if _, err := m.GarbageCollect(context.Background()); err != nil {
		t.Errorf("%s: containerd does not collect: %v", what, err)
	}
}

func unzipped(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPreviousTransaction damages the root that the last transaction wrote: the state before it is read.
func TestPreviousTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	if err := os.WriteFile(path, unzipped(t, filepath.Join(fixturesDir, "c242-basic", "before.db.gz")), 0o600); err != nil {
		t.Fatal(err)
	}
	change := func(name string) {
		kv, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer kv.Close()
		if err := kv.Update(func(tx *bolt.Tx) error {
			_, err := bucket(tx, "v1", "default", "leases").CreateBucket([]byte(name))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	change("one")
	before, err := boltfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change("two")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Pages that the second transaction wrote, apart from the meta pages.
	damaged := 0
	for at := 2 * pageSize; at+pageSize <= len(data); at += pageSize {
		if at+pageSize > len(old) || !bytes.Equal(old[at:at+pageSize], data[at:at+pageSize]) {
			clear(data[at : at+pageSize])
			damaged++
		}
	}
	if damaged == 0 {
		t.Fatal("the transaction wrote no page")
	}
	if _, err := boltfile.ReadBytes(data); err == nil {
		t.Fatal("the newest state can be read")
	}
	previous, err := boltfile.ReadBytes(data, boltfile.WithPrevious())
	if err != nil {
		t.Fatal(err)
	}
	if previous.Hash() != before.Hash() {
		t.Error("the previous state is not the one before the last transaction")
	}
	var losses boltfile.Salvage
	rest, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
	if err != nil || !losses.Lossy() {
		t.Fatalf("%v, losses %v", err, losses.Losses)
	}
	if p := examine.ComparePrevious(rest, previous, nil); !p.Whole || p.OnlyPrevious == 0 {
		t.Errorf("%+v", p)
	}
}

// TestLossesWithholdNamespace reads a file with a lost record of one namespace: no object of it is called garbage
// unless that is accepted. The other namespace is planned.
func TestLossesWithholdNamespace(t *testing.T) {
	var losses boltfile.Salvage
	db, err := boltfile.Open("../testdata/cases/salvage-one-leaf/meta.db.gz", boltfile.WithSalvage(&losses))
	if err != nil {
		t.Fatal(err)
	}
	o := examine.Options{Lost: examine.LostParts(&losses)}
	d := open(t, db, o)
	p, err := d.Plan()
	if err != nil || len(p.Withheld) != 1 || p.Withheld[0].Namespace != "default" || p.Withheld[0].Objects == 0 {
		t.Fatalf("Plan: %v, withheld %+v", err, p.Withheld)
	}
	if len(p.Removed) == 0 || slices.ContainsFunc(p.Removed, func(n string) bool { return strings.Contains(n, "/default/") }) {
		t.Errorf("removed %q", p.Removed)
	}
	if notes := d.Basis().Notes; len(notes) != 1 || !strings.Contains(notes[0], "v1/default/snapshots/native/active-root") {
		t.Errorf("notes %q", notes)
	}
	o.AcceptLost = true
	forced, err := open(t, db, o).Plan()
	if err != nil || len(forced.Removed) != len(p.Removed)+p.Withheld[0].Objects || len(forced.Withheld) != 0 {
		t.Errorf("with the losses accepted: %v, %d removed", err, len(forced.Removed))
	}
	s, err := examine.DescribeSalvage(db, examine.SalvageOptions{Losses: &losses})
	if err != nil || !slices.Equal(s.LostNodes, []string{"snapshot/default/native/active-root"}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestPlanOfDamagedFile zeroes each page in turn. The plan of the rest calls nothing garbage that the whole database
// keeps, and the same as before in each namespace that it does not withhold. Collect carries out the plan.
func TestPlanOfDamagedFile(t *testing.T) {
	for _, fixture := range []string{"c242-labels", "c242-basic", "c17-labels"} {
		t.Run(fixture, func(t *testing.T) {
			whole := unzipped(t, filepath.Join(fixturesDir, fixture, "before.db.gz"))
			before, err := boltfile.ReadBytes(whole)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := open(t, before, examine.Options{At: epoch}).Plan()
			if err != nil {
				t.Fatal(err)
			}
			planned, refused := 0, 0
			for page := 2; page < len(whole)/pageSize; page++ {
				data := slices.Clone(whole)
				clear(data[page*pageSize : (page+1)*pageSize])
				var losses boltfile.Salvage
				db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
				if err != nil || !losses.Lossy() {
					continue // a free page
				}
				d, err := examine.Open(db, examine.Options{At: epoch, Lost: examine.LostParts(&losses)})
				if errors.Is(err, examine.ErrNothingLeft) {
					continue // the root is lost
				}
				if err != nil {
					t.Fatalf("page %d: %v", page, err)
				}
				got, collected, err := d.Collect()
				if errors.Is(err, examine.ErrLost) {
					refused++
					continue
				}
				if err != nil || got.Fails != "" {
					t.Fatalf("page %d: %v %v", page, err, got)
				}
				planned++
				withheld := func(node string) bool {
					return slices.ContainsFunc(got.Withheld, func(w examine.Withheld) bool { return strings.Split(node, "/")[1] == w.Namespace })
				}
				want := slices.DeleteFunc(slices.Clone(plan.Removed), withheld)
				if !slices.Equal(got.Removed, want) {
					t.Errorf("page %d, withheld %v:\n%q, want\n%q", page, got.Withheld, got.Removed, want)
				}
				objects, _ := examine.Objects(db)
				rest, _ := examine.Objects(collected)
				objects = slices.DeleteFunc(objects, func(o examine.Object) bool { return slices.Contains(got.Removed, o.Node) })
				if !slices.Equal(objects, rest) {
					t.Errorf("page %d: the collection leaves %d objects, the plan %d", page, len(rest), len(objects))
				}
			}
			t.Logf("%d planned, %d refused", planned, refused)
			if planned == 0 {
				t.Error("every plan is refused")
			}
		})
	}
}

// TestDamagedMetaPage zeroes the newest meta page: the older state is whole, but the last transaction may be lost.
func TestDamagedMetaPage(t *testing.T) {
	data := unzipped(t, filepath.Join(fixturesDir, "c242-basic", "before.db.gz"))
	report, err := boltfile.CheckBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[report.Meta*pageSize : (report.Meta+1)*pageSize])
	var losses boltfile.Salvage
	db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
	if err != nil {
		t.Fatal(err)
	}
	s, err := examine.DescribeSalvage(db, examine.SalvageOptions{Losses: &losses})
	if err != nil || s.Complete() || len(s.Lost) != 0 || len(s.MetaFaults) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestOmittedLossesRefusePlans reads a file with more losses than a Salvage lists, none of which is known to concern
// containerd's records: the omitted ones may.
func TestOmittedLossesRefusePlans(t *testing.T) {
	db, err := boltfile.ReadBytes(unzipped(t, filepath.Join(fixturesDir, "c242-tiny", "before.db.gz")))
	if err != nil {
		t.Fatal(err)
	}
	fault := &boltfile.Fault{Bucket: []string{"other"}}
	losses := &boltfile.Salvage{Losses: []boltfile.Loss{{Fault: fault}}}
	if _, err := open(t, db, examine.Options{Lost: examine.LostParts(losses)}).Plan(); err != nil {
		t.Errorf("a loss outside v1: %v", err)
	}
	losses.Omitted = 1
	if _, err := open(t, db, examine.Options{Lost: examine.LostParts(losses)}).Plan(); !errors.Is(err, examine.ErrLost) {
		t.Errorf("with omitted losses: %v, want ErrLost", err)
	}
}

// TestAccountOfDamagedFile zeroes each page in turn. The accounting calls nothing garbage or reclaimable in a namespace
// that may lack records, and says the same as before about the others.
func TestAccountOfDamagedFile(t *testing.T) {
	whole := unzipped(t, filepath.Join(fixturesDir, "c242-labels", "before.db.gz"))
	before, err := boltfile.ReadBytes(whole)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := open(t, before, examine.Options{At: epoch}).Account(examine.AccountOptions{})
	if err != nil {
		t.Fatal(err)
	}
	retained := map[string]int64{}
	for _, h := range sound.Holders {
		retained[h.Holder] = h.RetainedBytes
	}
	partly, wholly := 0, 0 // files with and without a namespace that lacks nothing
	for page := 2; page < len(whole)/pageSize; page++ {
		data := slices.Clone(whole)
		clear(data[page*pageSize : (page+1)*pageSize])
		var losses boltfile.Salvage
		db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
		if err != nil || !losses.Lossy() {
			continue // a free page
		}
		d, err := examine.Open(db, examine.Options{At: epoch, Lost: examine.LostParts(&losses)})
		if errors.Is(err, examine.ErrNothingLeft) {
			continue // the root is lost
		}
		if err != nil {
			t.Fatalf("page %d: %v", page, err)
		}
		a, err := d.Account(examine.AccountOptions{})
		if err != nil {
			t.Fatalf("page %d: %v", page, err)
		}
		plan, err := d.Plan()
		switch {
		case errors.Is(err, examine.ErrLost):
			wholly++
			if a.Garbage.Known() {
				t.Errorf("page %d: a plan is refused, but %+v is garbage", page, a.Garbage)
			}
		case err != nil:
			t.Fatalf("page %d: %v", page, err)
		default:
			partly++
			if a.Garbage.Objects != len(plan.Removed) || a.Garbage.Bytes != plan.RemovedBytes || !slices.Equal(a.Withheld, plan.Withheld) {
				t.Errorf("page %d: garbage %+v, withheld %v, a plan removes %d objects and withholds %v", page, a.Garbage, a.Withheld, len(plan.Removed), plan.Withheld)
			}
		}
		checkWithheld(t, page, d, a, retained)
	}
	t.Logf("%d files have a namespace without losses, %d have none", partly, wholly)
	if partly == 0 || wholly == 0 {
		t.Error("one of the situations does not occur")
	}
}

// checkWithheld checks the figures of the namespaces that may lack records, and of the others.
func checkWithheld(t *testing.T, page int, d *examine.Database, a *examine.Accounting, retained map[string]int64) {
	t.Helper()
	lacks := func(namespace string) bool {
		return slices.ContainsFunc(a.Withheld, func(w examine.Withheld) bool { return w.Namespace == namespace })
	}
	unsure := map[examine.HolderKind]bool{}
	for _, h := range a.Holders {
		unsure[h.Kind] = unsure[h.Kind] || h.RetainedBytes < 0
		want, ok := retained[h.Holder]
		switch {
		case lacks(h.Namespace) && (h.RetainedBytes >= 0 || h.RetainedObjects >= 0):
			t.Errorf("page %d: %s retains %d bytes, although records of its namespace are lost", page, h.Holder, h.RetainedBytes)
		case ok && h.RetainedBytes >= 0 && h.RetainedBytes != want && !slices.ContainsFunc(a.Notes, func(n string) bool { return strings.Contains(n, "may name a blob") }):
			t.Errorf("page %d: %s retains %d bytes, was %d", page, h.Holder, h.RetainedBytes, want)
		}
	}
	for _, k := range a.Kinds {
		if known := k.Reclaimable.Known(); known && k.Ends == nil && unsure[k.Kind] {
			t.Errorf("page %d: %s of kind %s is reclaimable", page, asJSON(t, k.Reclaimable), k.Kind)
		}
	}
	for _, by := range []examine.GroupBy{examine.ByNamespace, examine.ByClient, examine.BySnapshotter} {
		groups, err := d.Groups(by)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if by == examine.ByNamespace && lacks(g.Group) && (g.Garbage.Known() || g.Reclaimable != nil && g.Reclaimable.Known()) {
				t.Errorf("page %d: %s", page, asJSON(t, g))
			}
		}
	}
	top, err := d.Top(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range top.Shares {
		if lacks(s.Namespace) != (s.Removed < 0) || lacks(s.Namespace) != (s.RemovedBytes < 0) {
			t.Errorf("page %d: %s", page, asJSON(t, s))
		}
	}
	if top.RemovedBytes != a.Garbage.Bytes {
		t.Errorf("page %d: Top removes %d bytes, the accounting %d", page, top.RemovedBytes, a.Garbage.Bytes)
	}
	contents, err := d.Contents()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contents {
		for _, node := range c.Nodes {
			if in := strings.Split(node, "/")[1]; len(c.Holders) == 0 && !c.Many && lacks(in) != c.Unheld {
				t.Errorf("page %d: %s is garbage: %v", page, node, !c.Unheld)
			}
		}
	}
	for _, w := range a.Withheld {
		n, err := d.Namespace(w.Namespace, 0)
		if err != nil || n.GarbageBlocking >= 0 || n.Freed.Known() || n.Withheld == "" {
			t.Errorf("page %d: namespace %s: %+v, %v", page, w.Namespace, n, err)
		}
		for _, h := range n.Holders {
			if y, err := d.Why(h.Holder, 1); err != nil || y.Withheld == "" || y.RetainedBytes >= 0 {
				t.Errorf("page %d: %s: %+v, %v", page, h.Holder, y, err)
			}
		}
	}
}

// TestLostRoot zeroes the page of the root bucket. Nothing can be read, but the database is containerd's: fsck names the
// page, a salvage says where to look, and the search for old records finds them all.
func TestLostRoot(t *testing.T) {
	data := unzipped(t, filepath.Join(fixturesDir, "c242-tiny", "before.db.gz"))
	whole, err := boltfile.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	report, err := boltfile.CheckBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	root := int(binary.LittleEndian.Uint64(data[int(report.Meta)*pageSize+32:]))
	clear(data[root*pageSize : (root+1)*pageSize])
	if report, err = boltfile.CheckBytes(data); err != nil {
		t.Fatal(err)
	}
	var losses boltfile.Salvage
	search := examine.NewScavenge()
	db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithScavenge(search))
	if err != nil {
		t.Fatal(err)
	}
	o := examine.Options{At: epoch, Lost: examine.LostParts(&losses)}
	f, err := examine.Check(db, examine.FsckOptions{Options: o, Pages: &report})
	if err != nil || len(f.Findings) != 1 || f.Findings[0].Check != "page" || len(f.NotChecked) == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := examine.Open(db, o); !errors.Is(err, examine.ErrNothingLeft) {
		t.Errorf("Open: %v, want ErrNothingLeft", err)
	}
	if _, err := examine.DescribeSalvage(db, examine.SalvageOptions{Losses: &losses}); !errors.Is(err, examine.ErrNothingLeft) {
		t.Errorf("DescribeSalvage: %v, want ErrNothingLeft", err)
	}
	objects, err := examine.Objects(whole)
	if err != nil {
		t.Fatal(err)
	}
	old, err := examine.CountOldRecords(db, &losses, search)
	if err != nil || old.LostCount < len(objects) {
		t.Errorf("%+v, %v: want %d objects", old, err, len(objects))
	}
	if s, err := examine.DescribeSalvage(db, examine.SalvageOptions{Losses: &losses, Scavenge: search, Take: []string{objects[0].Node}}); err != nil || s.Objects != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}
