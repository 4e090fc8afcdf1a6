package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

var examinedAt = examine.Options{At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}

// exampleFile opens a database for an example. The caller closes the Host.
func exampleFile(ctx context.Context) (*host.Host, *host.File) {
	h, err := host.New(ctx, module, host.WithCache(cache))
	if err != nil {
		log.Fatal(err)
	}
	db, err := os.ReadFile("../../metadata/testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	f, err := h.Read(ctx, db, examinedAt)
	if err != nil {
		log.Fatal(err)
	}
	return h, f
}

func ExampleHost_Read() {
	ctx := context.Background()
	h, file := exampleFile(ctx) // h.Read(ctx, db, examine.Options{At: time.Now()})
	defer h.Close(ctx)
	plan, err := file.PlanWith(ctx, examine.PlanOptions{WithoutOthers: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("containerd %s removes %d objects\n", plan.Containerd, len(plan.Removed))
	// Output: containerd 2.4 removes 11 objects
}

func ExampleFile_View() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	for _, version := range []metadata.Version{metadata.V2_1, metadata.V2_4} {
		o := examinedAt
		o.Containerd = version
		view, err := file.View(ctx, o)
		if err != nil {
			log.Fatal(err)
		}
		plan, err := view.Plan(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("containerd %s removes %d objects\n", plan.Containerd, len(plan.Removed))
	}
	// Output:
	// containerd 2.1 removes 11 objects
	// containerd 2.4 removes 11 objects
}

func ExampleFile_GC() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	plan, left, err := file.GC(ctx)
	if err != nil {
		log.Fatal(err)
	}
	rest, err := h.Read(ctx, left, examinedAt)
	if err != nil {
		log.Fatal(err)
	}
	again, err := rest.Plan(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("removed %d objects, then %d\n", len(plan.Removed), len(again.Removed))
	// Output: removed 11 objects, then 0
}

func ExampleSubject_Account() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	accounting, err := file.Account(ctx, examine.AccountOptions{Limit: 1})
	if err != nil {
		log.Fatal(err)
	}
	largest := accounting.Holders[0]
	fmt.Printf("%s retains %d of %d bytes\n", largest.Holder, largest.RetainedBytes, accounting.TotalBytes)
	// Output: image/default/example.local/scratch:latest retains 803 of 1068369 bytes
}

func ExampleSubject_Objects() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	objects, err := file.Objects(ctx)
	if err != nil {
		log.Fatal(err)
	}
	largest := slices.MaxFunc(objects, func(a, b examine.Object) int { return int(a.Bytes - b.Bytes) })
	fmt.Printf("%d objects, the largest has %d bytes\n", len(objects), largest.Bytes)
	// Output: 21 objects, the largest has 1064480 bytes
}

func ExampleSubject_Why() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	why, err := file.Why(ctx, "container/default/web", 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(why.Node, "is kept:", len(why.Chains) > 0)
	// Output: container/default/web is kept: true
}

func ExampleHost_Salvage() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	_, damaged, err := file.GC(ctx)
	if err != nil {
		log.Fatal(err)
	}
	page := bytes.Index(damaged, []byte("images"))&^4095 + 8
	copy(damaged[page:], "\xff\xff\xff\xff") // destroys the header of a page
	salvaged, sound, err := h.Salvage(ctx, damaged)
	if err != nil {
		log.Fatal(err)
	}
	_, err = boltfile.ReadBytes(sound)
	fmt.Printf("lost %d parts, the rest is sound: %v\n", len(salvaged.Lost), err == nil)
	// Output: lost 1 parts, the rest is sound: true
}

func ExampleHost_Check() {
	ctx := context.Background()
	h, file := exampleFile(ctx)
	defer h.Close(ctx)
	_, db, err := file.GC(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fsck, err := h.Check(ctx, db, examinedAt)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("errors:", fsck.Counts["error"])
	// Output: errors: 0
}

func ExampleHost_CheckWith() {
	ctx := context.Background()
	h, _ := exampleFile(ctx)
	defer h.Close(ctx)
	archive, err := os.ReadFile("../../metadata/testdata/cases/zeroed-config/root.tar.gz")
	if err != nil {
		log.Fatal(err)
	}
	each := func(phase string) { fmt.Printf("next: %q\n", phase) }
	fsck, err := h.CheckWith(ctx, archive, host.CheckOptions{Options: examinedAt, Verify: true, Each: each})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("parts not checked:", len(fsck.NotChecked))
	// Output:
	// next: "pages"
	// next: "read"
	// next: "records"
	// next: ""
	// parts not checked: 0
}

func ExampleHost_About() {
	ctx := context.Background()
	h, _ := exampleFile(ctx)
	defer h.Close(ctx)
	about, err := h.About(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(about.ABI, slices.Contains(about.Verbs, "salvage"), slices.Contains(about.Kinds, op.ImagesCreate))
	// Output: 1 true true
}

// everyVerb calls each method of a host, its node and its file.
func everyVerb(h *host.Host, n *host.Node, f *host.File, db []byte) map[string]func(context.Context) error {
	var out bytes.Buffer
	return map[string]func(context.Context) error{
		"new":          func(ctx context.Context) error { return second(h.NewNode(ctx, engine.Setup{})) },
		"open":         func(ctx context.Context) error { return second(h.Open(ctx, db, engine.Setup{})) },
		"read":         func(ctx context.Context) error { return second(h.Read(ctx, db, examinedAt)) },
		"readsalvaged": func(ctx context.Context) error { return second(h.ReadSalvaged(ctx, db, examinedAt)) },
		"view":         func(ctx context.Context) error { return second(f.View(ctx, examinedAt)) },
		"check":        func(ctx context.Context) error { return second(h.Check(ctx, db, examinedAt)) },
		"check with": func(ctx context.Context) error {
			return second(h.CheckWith(ctx, db, host.CheckOptions{Options: examinedAt}))
		},
		"about":       func(ctx context.Context) error { return second(h.About(ctx)) },
		"salvage":     func(ctx context.Context) error { _, _, err := h.Salvage(ctx, db); return err },
		"gc":          func(ctx context.Context) error { _, _, err := f.GC(ctx); return err },
		"apply":       func(ctx context.Context) error { return second(n.Apply(ctx, hashOp)) },
		"apply all":   func(ctx context.Context) error { return second(n.ApplyAll(ctx, []engine.Op{hashOp, hashOp})) },
		"fork":        func(ctx context.Context) error { return second(n.Fork(ctx)) },
		"collect":     func(ctx context.Context) error { return second(n.Collect(ctx)) },
		"hash":        func(ctx context.Context) error { return second(n.Hash(ctx)) },
		"dump":        func(ctx context.Context) error { return n.Dump(ctx, &out) },
		"save":        func(ctx context.Context) error { return n.Save(ctx, &out) },
		"plan":        func(ctx context.Context) error { return second(f.Plan(ctx)) },
		"why":         func(ctx context.Context) error { return second(f.Why(ctx, "container/default/web", 0)) },
		"top":         func(ctx context.Context) error { return second(f.Top(ctx, 1)) },
		"account":     func(ctx context.Context) error { return second(f.Account(ctx, examine.AccountOptions{})) },
		"fsck":        func(ctx context.Context) error { return second(f.Fsck(ctx)) },
		"inspect":     func(ctx context.Context) error { return second(f.Inspect(ctx, "")) },
		"objects":     func(ctx context.Context) error { return second(f.Objects(ctx)) },
		"diff":        func(ctx context.Context) error { return second(f.Diff(ctx, n)) },
		"simulate":    func(ctx context.Context) error { return second(h.Simulate(ctx, sim.Config{Ops: 20}, nil)) },
		"compare":     func(ctx context.Context) error { return second(h.Compare(ctx, tinyStudy, nil)) },
		"memory":      func(ctx context.Context) error { return second(h.Memory(ctx)) },
		"failing Op":  func(ctx context.Context) error { return second(n.Apply(ctx, engine.Op{Name: op.ImagesGet})) },
		"closed file": func(ctx context.Context) error { return f.Close(ctx) },
	}
}

var tinyStudy = compare.Study{Profile: "edge", Days: 1, Seeds: 1, NoClairvoyant: true}

// TestEveryVerbStopsBeforeItsTurn cancels the context of each method before its call. The instance continues, and the
// same method succeeds.
func TestEveryVerbStopsBeforeItsTurn(t *testing.T) {
	h := newHost(t)
	db, setup := fixture(t, "c242-tiny")
	n, err := h.Open(t.Context(), db, setup)
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range slices.Sorted(maps.Keys(everyVerb(h, n, nil, db))) {
		t.Run(name, func(t *testing.T) {
			f, err := h.Read(t.Context(), db, examinedAt)
			if err != nil {
				t.Fatal(err)
			}
			call := everyVerb(h, n, f, db)[name]
			if err := call(canceled); !errors.Is(err, context.Canceled) || errors.Is(err, host.ErrEnded) {
				t.Errorf("canceled: %v", err)
			}
			if err := call(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEveryVerbHasAMethod compares the verbs of the module with the tested methods.
func TestEveryVerbHasAMethod(t *testing.T) {
	h := newHost(t)
	about, err := h.About(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	methods := everyVerb(h, nil, nil, nil)
	for _, verb := range about.Verbs {
		parts := map[string]string{"close": "closed file", "step": "simulate", "stop": "simulate"} // other methods call them
		if methods[verb] == nil && methods[parts[verb]] == nil {
			t.Errorf("no method calls the verb %q", verb)
		}
	}
}

// TestEveryVerbAfterTheEnd calls each method after the instance has run out of memory.
func TestEveryVerbAfterTheEnd(t *testing.T) {
	h := newHost(t, host.WithMemoryLimit(48<<20))
	db, setup := fixture(t, "c242-tiny")
	n, err := h.Open(t.Context(), db, setup)
	if err != nil {
		t.Fatal(err)
	}
	f, err := h.Read(t.Context(), db, examinedAt)
	if err != nil {
		t.Fatal(err)
	}
	large, setup := fixture(t, "c242-large")
	if _, err := h.Open(t.Context(), large, setup); err == nil {
		_, err = h.Open(t.Context(), large, setup)
		if !errors.Is(err, host.ErrEnded) {
			t.Fatalf("two databases of 28 MB in 48 MiB: %v", err)
		}
	}
	for name, call := range everyVerb(h, n, f, db) {
		if err := call(t.Context()); name != "memory" && !errors.Is(err, host.ErrEnded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFileSameAsNative compares the answers about a file with those of package examine.
func TestFileSameAsNative(t *testing.T) {
	h, ctx := newHost(t), t.Context()
	data, _ := fixture(t, "c242-basic")
	kv, err := boltfile.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	native, err := examine.Open(kv, examinedAt)
	if err != nil {
		t.Fatal(err)
	}
	f, err := h.Read(ctx, data, examinedAt)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := f.Plan(ctx)
	same(t, "plan", plan, err)(native.Plan())
	if len(plan.Others) == 0 {
		t.Error("the plan compares no other versions")
	}
	alone, err := f.PlanWith(ctx, examine.PlanOptions{WithoutOthers: true})
	same(t, "plan without others", alone, err)(native.PlanWith(examine.PlanOptions{WithoutOthers: true}))
	objects, err := f.Objects(ctx)
	same(t, "objects", objects, err)(examine.Objects(kv))
	removed, left, err := f.GC(ctx)
	wanted, remaining, nativeErr := native.Collect()
	same(t, "gc", removed, err)(wanted, nativeErr)
	saved, err := boltfile.ReadBytes(left)
	if err != nil {
		t.Fatal(err)
	}
	if diff, err := examine.Compare(remaining, saved); err != nil || !diff.Empty() {
		t.Errorf("the remaining databases differ: %v", err)
	}
}
