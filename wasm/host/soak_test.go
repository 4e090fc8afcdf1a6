package host_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"testing"

	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

var (
	soakCycles  = flag.Int("soak.cycles", 100, "how often TestSoak opens and closes a database")
	soakFixture = flag.String("soak.fixture", "c242-labels", "the database that TestSoak opens")
)

// soakMemory is the limit of an instance's memory for a database of some size in bytes.
func soakMemory(file uint64) uint64 { return 3*file + 32<<20 }

func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	packed, _ := fixture(t, name)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	db, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// soakStep is by how much the heap of an instance grows at once. When it does depends on the times of collections.
const soakStep = 2 << 20

// TestSoak opens, plans and closes a database many times. The instance's memory has a limit, and the second half of the
// cycles doesn't enlarge it by more than one step.
func TestSoak(t *testing.T) {
	h, ctx := newHost(t), t.Context()
	db := unpacked(t, *soakFixture)
	var half uint64
	for i := range *soakCycles {
		f, err := h.Read(ctx, db, examinedAt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.PlanWith(ctx, examine.PlanOptions{WithoutOthers: true}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if i == *soakCycles/2 {
			half = memoryOf(t, h)
		}
	}
	end := memoryOf(t, h)
	t.Logf("%d cycles with a file of %d bytes: %d bytes of memory", *soakCycles, len(db), end)
	if limit := soakMemory(uint64(len(db))); end > limit || end > half+soakStep {
		t.Errorf("the memory has %d bytes after half of the cycles and %d bytes at the end; the limit is %d", half, end, limit)
	}
}

func memoryOf(t testing.TB, h *host.Host) uint64 {
	t.Helper()
	bytes, err := h.Memory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// TestLargeTwice opens a large database twice in one instance, and in two instances of one process.
func TestLargeTwice(t *testing.T) {
	db := unpacked(t, "c242-large")
	first, second := newHost(t), newHost(t)
	var plans []*examine.Plan
	for _, h := range []*host.Host{first, first, second} {
		f, err := h.Read(t.Context(), db, examinedAt)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := f.PlanWith(t.Context(), examine.PlanOptions{WithoutOthers: true})
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, plan)
	}
	same(t, "the second file", plans[1], nil)(plans[0], nil)
	same(t, "the second instance", plans[2], nil)(plans[0], nil)
	if one, two := memoryOf(t, second), memoryOf(t, first); one > soakMemory(uint64(len(db))) || two > soakMemory(2*uint64(len(db))) {
		t.Errorf("one file of %d bytes takes %d bytes of memory, two take %d", len(db), one, two)
	}
}
