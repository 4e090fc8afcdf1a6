package host_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

const fixturesDir = "../../metadata/testdata/fixtures"

// fixture returns what a real daemon stored, and the setup with which to ask what its collection did.
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
	return db, engine.Setup{Holdfast: engine.OpVersion, Rules: expected.CollectedBy, Start: &expected.At}
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

// same compares an answer of the module with the native one.
func same[A any](t testing.TB, what string, got A, err error) func(want A, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return func(want A, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: natively: %v", what, err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: the module says\n%.2000s\nnatively it is\n%.2000s", what, a, b)
		}
	}
}

// TestFixturesSameAsNative opens what real daemons stored, and compares every answer.
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
		what := func(question string) string { return e.Name() + ": " + question }
		plan, err := node.Plan(ctx)
		same(t, what("plan"), plan, err)(native.Plan())
		if e.Name() == "c242-large" {
			continue // the rest says nothing new of it, and takes long
		}
		top, err := node.Top(ctx, 3)
		same(t, what("top"), top, err)(native.Top(3))
		fsck, err := node.Fsck(ctx)
		same(t, what("fsck"), fsck, err)(native.Fsck())
		tree, err := node.Inspect(ctx, "")
		same(t, what("inspect"), tree, err)(native.Inspect(""))
		for _, name := range []string{plan.Removed[0], top.Roots[0].Node} {
			why, err := node.Why(ctx, name, 0)
			same(t, what("why "+name), why, err)(native.Why(name, 0))
			deleting, err := node.Plan(ctx, top.Roots[0].Node)
			same(t, what("plan without "+name), deleting, err)(native.Plan(top.Roots[0].Node))
		}

		before, err := node.Fork(ctx)
		if err != nil {
			t.Fatal(err)
		}
		nativeBefore := native.Fork()
		collection, err := node.Collect(ctx)
		same(t, what("collect"), collection, err)(native.Collect(ctx))
		diff, err := before.Diff(ctx, node)
		same(t, what("diff"), diff, err)(nativeBefore.Diff(native))
		hash, err := node.Hash(ctx)
		same(t, what("hash"), hash, err)(native.Hash(), nil)
		var dump, nativeDump bytes.Buffer
		err = node.Dump(ctx, &dump)
		same(t, what("dump"), 0, err)(0, native.Dump(&nativeDump))
		if !bytes.Equal(dump.Bytes(), nativeDump.Bytes()) {
			t.Error(what("dump") + " differs")
		}
		savedIsWhatWasLeft(t, node, native)
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

// savedIsWhatWasLeft reads a saved database back.
func savedIsWhatWasLeft(t *testing.T, node *host.Node, native *engine.Engine) {
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
		t.Errorf("what was saved differs: %v", err)
	}
}
