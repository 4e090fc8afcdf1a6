package generate_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

func parameters(seed int64, size int) *gopter.GenParameters {
	return gopter.DefaultGenParameters().CloneWithSeed(seed).WithSize(size)
}

// drawn returns many values of a generator.
func drawn[T any](t *testing.T, g gopter.Gen, size int) (all []T) {
	t.Helper()
	p := parameters(1, size)
	for range 2000 {
		v, ok := g(p).Retrieve()
		if !ok {
			t.Fatal("no value")
		}
		all = append(all, v.(T))
	}
	return all
}

const everything = generate.Calm | generate.Time | generate.Rewind | generate.Cancel | generate.Fault | generate.Crash | generate.Turn |
	generate.Isolate | generate.Version

func TestSameSeedSameHistory(t *testing.T) {
	draw := func(seed int64) string {
		v, _ := generate.Histories(everything)(parameters(seed, 40)).Retrieve()
		h := v.(generate.History)
		var text strings.Builder
		for _, op := range h.Ops {
			text.WriteString(op.String() + "\n")
		}
		return text.String()
	}
	if once, again := draw(1), draw(1); once != again {
		t.Error("the same seed drew two histories")
	}
	if draw(1) == draw(2) {
		t.Error("two seeds drew the same history")
	}
}

// TestOpsParse prints and parses the drawn Ops, and checks that every kind of Op occurs.
func TestOpsParse(t *testing.T) {
	seen := map[op.Name]int{}
	for _, h := range drawn[generate.History](t, generate.Histories(everything), 30) {
		if len(h.Ops) > 30 {
			t.Fatalf("%d Ops of size 30", len(h.Ops))
		}
		for _, o := range h.Ops {
			seen[o.Name]++
			again, err := op.Parse([]byte(o.String()))
			if err != nil || again.String() != o.String() {
				t.Fatalf("%s reads as %s: %v", o, again, err)
			}
		}
	}
	for _, kind := range []op.Name{
		op.NamespacesCreate, op.NamespacesDelete, op.ImagesCreate, op.ImagesUpdate, op.ImagesDelete, op.ImagesGet,
		op.ContainersCreate, op.ContainersUpdate, op.ContainersDelete, op.SandboxesCreate, op.SandboxesUpdate, op.SandboxesDelete,
		op.LeasesCreate, op.LeasesDelete, op.LeasesAddResource, op.LeasesDeleteResource,
		op.WritersOpen, op.WritersWrite, op.WritersCommit, op.WritersClose, op.ContentUpdate, op.ContentDelete, op.ContentAbort, op.ContentInfo, op.ContentRead,
		op.SnapshotsPrepare, op.SnapshotsView, op.SnapshotsCommit, op.SnapshotsUpdate, op.SnapshotsRemove, op.SnapshotsStat,
		op.Collect, op.ClockAdvance, op.FaultsSet, op.FaultsClear, op.NodeCrash, op.CallsResume, op.CallsCancel,
	} {
		if seen[kind] == 0 {
			t.Errorf("no %s among %v", kind, seen)
		}
	}
}

// TestClients checks that histories of clients are busy, have no Ops on forks, and are the same for the same seed.
func TestClients(t *testing.T) {
	seen := map[op.Name]int{}
	for seed := range int64(50) {
		once, _ := generate.ClientHistories()(parameters(seed, 20)).Retrieve()
		again, _ := generate.ClientHistories()(parameters(seed, 20)).Retrieve()
		h := once.(generate.History)
		if !slices.EqualFunc(h.Ops, again.(generate.History).Ops, func(a, b engine.Op) bool { return a.String() == b.String() }) {
			t.Fatal("the same seed drew two histories")
		}
		for _, o := range h.Ops {
			seen[o.Name]++
			if o.Fork != "" || o.Name == op.NodeFork || o.Name == op.NodeDrop {
				t.Fatalf("%s acts on a fork", o)
			}
		}
	}
	for _, kind := range []op.Name{op.Collect, op.CollectorsSet, op.TxBegin, op.TxCommit, op.TxRollback, op.FaultsSet, op.ClockAdvance, op.CallsResume, op.ImagesCreate} {
		if seen[kind] == 0 {
			t.Errorf("no %s among %v", kind, seen)
		}
	}
}

// TestMeanwhile checks that calls occur between the start of a collection and its resumption.
func TestMeanwhile(t *testing.T) {
	between := 0
	for _, h := range drawn[generate.History](t, generate.MeanwhileHistories(), 20) {
		waits := slices.IndexFunc(h.Ops, func(o engine.Op) bool { return o.Name == op.FaultsSet }) + 1
		last := h.Ops[len(h.Ops)-1]
		if collect := h.Ops[waits]; collect.Name != op.Collect || last.Name != op.CallsResume || last.Args.(op.Named).Name != collect.Call {
			t.Fatalf("the collection is %s, the last Op %s", collect, last)
		}
		between += len(h.Ops) - waits - 3
	}
	if between < 2000 {
		t.Errorf("only %d calls", between)
	}
}

// TestSortsAreKept checks that a history has only Ops of its sorts.
func TestSortsAreKept(t *testing.T) {
	for _, h := range drawn[generate.History](t, generate.Histories(generate.Make|generate.Collect), 20) {
		for _, op := range h.Ops {
			kind, verb, _ := strings.Cut(string(op.Name), ".")
			if kind == "clock" || kind == "node" || kind == "faults" || kind == "calls" || verb == "delete" || verb == "update" || op.Canceled || op.Call != "" {
				t.Fatalf("%s in a history of sorts Make and Collect", op)
			}
		}
		if h.Setup.Isolated || h.Setup.Rules != "" || h.Setup.Turns {
			t.Fatalf("%+v", h.Setup)
		}
	}
}

// TestLabels checks that every sort of label occurs, well and badly formed, with all kinds of times.
func TestLabels(t *testing.T) {
	seen := map[string]int{}
	before, after, now, never := 0, 0, 0, 0
	for _, labels := range drawn[map[string]string](t, generate.Labels(), 10) {
		for key, value := range labels {
			seen[key]++
			if key != generate.Prefix+"expire" {
				continue
			}
			switch at, err := time.Parse(time.RFC3339, value); {
			case err != nil:
				never++
			case at.Before(generate.Start):
				before++
			case at.After(generate.Start):
				after++
			default:
				now++
			}
		}
	}
	for _, key := range []string{
		"ref.content", "ref.content.x", "ref.content/x", "ref.contentx", "ref.image", "ref.snapshot.s", "ref.snapshot.s/x", "ref.snapshot",
		"bref.content", "bref.image", "bref.snapshot.s", "bref.container", "root", "rootless", "expire", "expires", "flat", "flatter",
		"cond.snapshot.s", "cond.snapshot/s", "cond.value-usedat", "cond.value-used",
	} {
		if seen[generate.Prefix+key] == 0 {
			t.Errorf("no label %s", key)
		}
	}
	if before == 0 || after == 0 || now == 0 || never == 0 {
		t.Errorf("expiry: %d before, %d after, %d now, %d malformed", before, after, now, never)
	}
}

// TestGraphs checks that every shape of graph and every kind of holder occurs.
func TestGraphs(t *testing.T) {
	shapes, holds, back, twins := map[generate.Shape]int{}, map[generate.Holder]int{}, 0, 0
	for _, g := range drawn[generate.Graph](t, generate.Graphs(), 30) {
		shapes[g.Shape]++
		for _, n := range g.Nodes {
			for _, h := range n.Held {
				holds[h.By]++
			}
		}
		for _, e := range g.Edges {
			if e.Back {
				back++
			}
		}
		if g.Twins {
			twins++
		}
	}
	for _, shape := range generate.Shapes {
		if shapes[shape] == 0 {
			t.Errorf("no %s among %v", shape, shapes)
		}
	}
	if len(holds) != 7 || back == 0 || twins == 0 {
		t.Errorf("held by %v; %d back references, %d twins", holds, back, twins)
	}
}

// TestHotNames checks that a few names make most of the draws, and that all names occur.
func TestHotNames(t *testing.T) {
	seen := map[string]int{}
	for _, name := range drawn[string](t, generate.Names(generate.Blobs), 10) {
		seen[name]++
	}
	if hot := seen["a"] + seen["b"]; hot < 1200 || hot > 1700 {
		t.Errorf("%d of 2000 draws are the two hottest names", hot)
	}
	if len(seen) < 20 {
		t.Errorf("only %v", slices.Sorted(maps.Keys(seen)))
	}
}

// TestEverythingShrinks shrinks a value of each generator to the end.
func TestEverythingShrinks(t *testing.T) {
	for name, c := range map[string]struct {
		gen  gopter.Gen
		size func(any) int
	}{
		"names":       {generate.Names(generate.Images), func(v any) int { return strings.Index(string(generate.Images), v.(string)) }},
		"digests":     {generate.Digests(), func(v any) int { return digestIndex(v.(digest.Digest)) }},
		"labels":      {generate.Labels(), func(v any) int { return len(v.(map[string]string)) }},
		"spans":       {generate.Spans(), func(v any) int { return int(max(v.(time.Duration), -v.(time.Duration)) - time.Second) }},
		"times":       {generate.Times(), func(v any) int { return int(v.(time.Time).Sub(generate.Start)) }},
		"graphs":      {generate.Graphs(), func(v any) int { g := v.(generate.Graph); return len(g.Nodes) - 1 + len(g.Edges) + len(g.Chain) }},
		"leases":      {generate.LeaseSets(), func(v any) int { return len(v.([]generate.Lease)) }},
		"descriptors": {generate.Descriptors(), func(v any) int { return digestIndex(v.(ocispec.Descriptor).Digest) }},
		"histories":   {generate.Histories(everything), func(v any) int { return max(len(v.(generate.History).Ops)-1, 0) }},
	} {
		p := parameters(3, 30)
		for range 50 {
			r := c.gen(p)
			v := r.Result
			for steps := 0; ; steps++ {
				next, ok := r.Shrinker(v)()
				if !ok {
					break
				}
				if v = next; steps > 1000 {
					t.Fatalf("%s: shrinks forever", name)
				}
			}
			if c.size(v) != 0 {
				t.Errorf("%s: shrinks only to %v", name, v)
				break
			}
		}
	}
}

func digestIndex(d digest.Digest) int {
	for i, name := range generate.Blobs {
		if generate.DigestOf(string(name)) == d {
			return i
		}
	}
	return -1
}
