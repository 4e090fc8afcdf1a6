package host_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// pools has the values of each $name in testdata/ops.txt. The pools are small so that Ops refer to the same objects.
var pools = map[string][]string{
	"ns":          {"default", "default", "other"},
	"name":        {"a", "b", "ünïcode \\u0000"},
	"id":          {"i1", "i2"},
	"key":         {"k1", "k2", "k3"},
	"ref":         {"r1", "r2"},
	"parent":      {"", "", "a", "b"},
	"snapshotter": {"native", "overlayfs"},
	"data":        {"", "a", "ab"},
	"digest":      {digest.FromString("").String(), digest.FromString("a").String(), digest.FromString("ab").String()},
	"label": {
		"x", "containerd.io/gc.root", "containerd.io/gc.expire", "containerd.io/gc.flat", "containerd.io/gc.ref.content.0",
		"containerd.io/gc.ref.snapshot.native", "containerd.io/gc.bref.image", "containerd.io/snapshot.ref", "containerd.io/gc.ref.stream",
	},
	"value":    {"1", "a", "k1", "2026-01-01T00:00:30Z", digest.FromString("a").String()},
	"resource": {"content", "snapshots/native", "ingests", "images"},
	"on":       {"", "kv", "content", "snapshots/native", "collectors/9"},
	"call":     {"", "commit", "remove", "prepare", "start"},
	"error":    {"unavailable", "not_found", "already_exists"},
	"duration": {"1s", "7.5s", "1m0s"},
	"time":     {"2026-01-01T00:01:00Z", "2026-01-01T12:00:00.000000001Z"},
}

// A drawer draws random Ops from templates.
type drawer struct {
	*rand.Rand
	first     []string // Ops at the start of each history
	templates []string
}

func newDrawer(t testing.TB, seed uint64) *drawer {
	t.Helper()
	text, err := os.ReadFile("testdata/ops.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := &drawer{Rand: rand.New(rand.NewPCG(seed, 7))}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if first, ok := strings.CutPrefix(line, "first "); ok {
			d.first = append(d.first, first)
		} else if line != "" && line[0] != '#' {
			d.templates = append(d.templates, line)
		}
	}
	return d
}

// op returns the next Op of a history.
func (d *drawer) op(t testing.TB) engine.Op {
	t.Helper()
	if len(d.first) > 0 {
		line := d.first[0]
		d.first = d.first[1:]
		return parse(t, line)
	}
	line := d.templates[d.IntN(len(d.templates))]
	for strings.HasPrefix(line, "rare ") && d.IntN(8) > 0 {
		line = d.templates[d.IntN(len(d.templates))]
	}
	line = os.Expand(strings.TrimPrefix(line, "rare "), func(pool string) string {
		if len(pools[pool]) == 0 {
			t.Fatalf("%s: no pool %q", line, pool)
		}
		return pools[pool][d.IntN(len(pools[pool]))]
	})
	op := parse(t, line)
	if d.IntN(5) == 0 {
		lease := pools["id"][d.IntN(2)]
		op.Lease = &lease
	}
	if d.IntN(12) == 0 {
		op.Tx = "t"
	}
	op.Canceled = d.IntN(60) == 0
	return op
}

func parse(t testing.TB, line string) engine.Op {
	t.Helper()
	op, err := op.Parse([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return op
}

// TestSameAsNative applies random histories to a node in the module and to a native node. It compares every result and
// the hash after every Op.
func TestSameAsNative(t *testing.T) {
	h := newHost(t)
	succeeded := map[op.Name]int{}
	for seed, setup := range []engine.Setup{{}, {Turns: true, Seed: 3}, {Isolated: true, CleanupOnce: true, Rules: "2.1"}} {
		for _, batch := range []int{1, 40} {
			sameAsNative(t, h, fmt.Sprintf("seed %d, batches of %d", seed, batch), newDrawer(t, uint64(seed)), setup, 600, batch, succeeded)
		}
	}
	for _, name := range op.Names() {
		if succeeded[name] == 0 && name != op.SnapshotsCleanup { // no backend here supports it
			t.Errorf("no %s succeeded", name)
		}
	}
}

// TestInterpreter repeats TestSameAsNative in the interpreter and then ends the context of a running call.
func TestInterpreter(t *testing.T) {
	h, err := host.New(t.Context(), module, host.WithInterpreter(), host.WithInterrupts())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	sameAsNative(t, h, "interpreted", newDrawer(t, 5), engine.Setup{}, 100, 20, map[op.Name]int{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	db, setup := fixture(t, "c242-large") // opening it takes seconds
	if _, err := h.Open(ctx, db, setup); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

var hashOp = engine.Op{Name: op.Hash}

// newNative returns a native node.
func newNative(t *testing.T, setup engine.Setup) *engine.Engine {
	t.Helper()
	setup.Holdfast = op.Version
	opts, err := setup.Options()
	if err != nil {
		t.Fatal(err)
	}
	native, err := engine.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return native
}

func sameAsNative(t *testing.T, h *host.Host, name string, d *drawer, setup engine.Setup, count, batch int, succeeded map[op.Name]int) {
	native := newNative(t, setup)
	node := newNode(t, h, setup)
	for range count / batch {
		var ops []engine.Op
		var want []string
		for range batch {
			o := d.op(t)
			ops = append(ops, o, hashOp)
			result := native.Apply(t.Context(), o)
			if result.Code == op.OK {
				succeeded[o.Name]++
			}
			want = append(want, result.String(), native.Apply(t.Context(), hashOp).String())
		}
		got, err := node.ApplyAll(t.Context(), ops)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range got {
			if got[i].String() != want[i] {
				t.Fatalf("%s: %s after %s:\nmodule %s\nnative %s", name, ops[i], ops[max(i-1, 0)], got[i], want[i])
			}
		}
	}
	hash, err := node.Hash(t.Context())
	if err != nil || hash != native.Hash() {
		t.Errorf("%s: the hashes differ: module %s (%v), native %s", name, hash, err, native.Hash())
	}
	if err := node.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
