package host_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

const fixturesDir = "../../metadata/testdata/fixtures"

// fixture returns the database of a real daemon and a setup with the version of the daemon and the time of its
// collection.
func fixture(t testing.TB, name string) ([]byte, engine.Setup) {
	t.Helper()
	var expected struct {
		CollectedBy string    `json:"collected_by"`
		At          time.Time `json:"gc_time"`
	}
	text, err := os.ReadFile(filepath.Join(fixturesDir, name, "expected.json"))
	if err == nil {
		err = json.Unmarshal(text, &expected)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := os.ReadFile(filepath.Join(fixturesDir, name, "before.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return db, engine.Setup{Holdfast: op.Version, Rules: expected.CollectedBy, Start: &expected.At}
}

// both opens a fixture in the module and natively.
func both(t testing.TB, h *host.Host, name string) (*host.Node, *engine.Engine) {
	t.Helper()
	db, setup := fixture(t, name)
	node, err := h.Open(t.Context(), db, setup)
	if err != nil {
		t.Fatal(err)
	}
	opts, err := setup.Options()
	if err != nil {
		t.Fatal(err)
	}
	native, err := engine.Read(bytes.NewReader(db), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return node, native
}

// same compares a result of the module with the native result.
func same[A any](t testing.TB, name string, got A, err error) func(want A, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return func(want A, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: native: %v", name, err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: the results differ:\nmodule %.2000s\nnative %.2000s", name, a, b)
		}
	}
}

// TestFixturesSameAsNative opens databases of real daemons in the module and natively, and compares every result.
func TestFixturesSameAsNative(t *testing.T) {
	h, ctx := newHost(t), t.Context()
	entries, err := os.ReadDir(fixturesDir)
	if err != nil {
		t.Fatal(err)
	}
	planned := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		planned++
		node, native := both(t, h, e.Name())
		label := func(query string) string { return e.Name() + ": " + query }
		plan, err := node.Plan(ctx)
		same(t, label("plan"), plan, err)(native.Plan())
		if e.Name() == "c242-large" {
			continue // its other queries take long and cover nothing new
		}
		accounting, err := node.Account(ctx, examine.AccountOptions{Limit: 7})
		examined, _ := native.Examine()
		same(t, label("account"), accounting, err)(examined.Account(examine.AccountOptions{Limit: 7}))
		until := examine.PlanOptions{Delete: []string{"image/*"}, Until: examined.Basis().At.Add(1000 * time.Hour)}
		later, err := node.PlanWith(ctx, until)
		same(t, label("plan until"), later, err)(examined.PlanWith(until))
		top, err := node.Top(ctx, 3)
		same(t, label("top"), top, err)(native.Top(3))
		fsck, err := node.Fsck(ctx)
		same(t, label("fsck"), fsck, err)(native.Fsck())
		tree, err := node.Inspect(ctx, "")
		same(t, label("inspect"), tree, err)(native.Inspect(""))
		for _, name := range []string{plan.Removed[0], top.Roots[0].Node} {
			why, err := node.Why(ctx, name, 0)
			same(t, label("why "+name), why, err)(native.Why(name, 0))
			deleting, err := node.Plan(ctx, top.Roots[0].Node)
			same(t, label("plan without "+name), deleting, err)(native.Plan(top.Roots[0].Node))
		}

		before, err := node.Fork(ctx)
		if err != nil {
			t.Fatal(err)
		}
		nativeBefore := native.Fork()
		collection, err := node.Collect(ctx)
		same(t, label("collect"), collection, err)(native.Collect(ctx))
		diff, err := before.Diff(ctx, node)
		same(t, label("diff"), diff, err)(nativeBefore.Diff(native))
		hash, err := node.Hash(ctx)
		same(t, label("hash"), hash, err)(native.Hash(), nil)
		var dump, nativeDump bytes.Buffer
		err = node.Dump(ctx, &dump)
		same(t, label("dump"), 0, err)(0, native.Dump(&nativeDump))
		if !bytes.Equal(dump.Bytes(), nativeDump.Bytes()) {
			t.Error(label("dump") + " differs")
		}
		sameSavedDatabase(t, node, native)
		for _, n := range []*host.Node{node, before} {
			if err := n.Close(ctx); err != nil {
				t.Error(err)
			}
		}
	}
	if planned < 5 {
		t.Errorf("only %d fixtures", planned)
	}
}

// TestCheckSameAsNative checks a file in the module and natively, for the assumed and for a given version.
func TestCheckSameAsNative(t *testing.T) {
	h := newHost(t)
	data, setup := fixture(t, "c242-labels")
	report, err := boltfile.CheckBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	db, err := boltfile.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []examine.Options{{At: *setup.Start}, {At: *setup.Start, Containerd: metadata.V2_1}} {
		fsck, err := h.Check(t.Context(), data, o)
		same(t, "check", fsck, err)(examine.Check(db, examine.FsckOptions{Options: o, Pages: &report}))
	}
	if _, err := h.Check(t.Context(), []byte("text"), examine.Options{At: *setup.Start}); err == nil {
		t.Error("text is accepted as a database")
	}
}

// sameSavedDatabase saves the node in the module and compares the file with the native node.
func sameSavedDatabase(t *testing.T, node *host.Node, native *engine.Engine) {
	t.Helper()
	var saved bytes.Buffer
	if err := node.Save(t.Context(), &saved); err != nil {
		t.Fatal(err)
	}
	db, err := boltfile.ReadBytes(saved.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff, err := examine.Compare(native.KV(), db); err != nil || !diff.Empty() {
		t.Errorf("the saved database differs: %v", err)
	}
}
