package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A side is a node with the results of the Ops applied to it.
type side struct {
	name    string
	node    *engine.Engine
	results []string
}

func (s *side) apply(o engine.Op) engine.Result {
	r := s.node.Apply(context.Background(), o)
	s.results = append(s.results, fmt.Sprintf("%s\n    %s", o, r))
	return r
}

// scenes are Ops that succeed only one after another, which random Ops seldom do.
var scenes = [][]string{
	{`{"op":"faults.clear"}`, `{"op":"node.restart"}`},
	{
		`{"op":"faults.set","name":"slow","fault":{"on":"kv","call":"view","delay":"1s","times":"1"}}`,
		`{"op":"images.list","ns":"default","call":"late"}`, `{"op":"clock.advance","by":"2s"}`, `{"op":"calls.resume","name":"late"}`,
	},
	{
		`{"op":"snapshots.prepare","ns":"other","snapshotter":"native","key":"scene"}`,
		`{"op":"snapshots.commit","ns":"other","snapshotter":"native","key":"scene","name":"b"}`,
	},
	unclean("native"),
	unclean("overlayfs"),
	{
		`{"op":"readers.open","ns":"default","name":"scene","desc":{"mediaType":"","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":"1"}}`,
		`{"op":"readers.read","name":"scene"}`, `{"op":"readers.close","name":"scene"}`,
	},
	{`{"op":"content.delete","ns":"default","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}`},
}

// unclean are Ops after which the next collection must clean a snapshotter.
func unclean(snapshotter string) []string {
	return []string{
		fmt.Sprintf(`{"op":"snapshots.prepare","ns":"other","snapshotter":%q,"key":"gone"}`, snapshotter),
		fmt.Sprintf(`{"op":"snapshots.remove","ns":"other","snapshotter":%q,"key":"gone"}`, snapshotter),
	}
}

// forkOps draws Ops for one side.
func forkOps(t *testing.T, seed uint64, n int) []engine.Op {
	t.Helper()
	g := newGenerator(seed)
	ops := make([]engine.Op, 0, n)
	for i := range n {
		if i%12 == 11 {
			ops = append(ops, parsed(t, scenes[g.IntN(len(scenes))]...)...)
		}
		o := g.op()
		if o.Name == op.SchedulePass {
			o.Args = op.SchedulePassArgs{By: time.Duration(1+g.IntN(60)) * time.Second}
		}
		ops = append(ops, o)
	}
	return ops
}

// pastLines gives each node records and data that random Ops seldom make.
var pastLines = []string{
	`{"op":"leases.create","ns":"default","id":"i1"}`,
	`{"op":"writers.open","ns":"default","lease":"i1","name":"w","ref":"r"}`,
	`{"op":"writers.write","name":"w","data":"a"}`,
	`{"op":"writers.commit","ns":"default","lease":"i1","name":"w","labels":{"containerd.io/gc.root":"x"}}`,
	`{"op":"writers.close","name":"w"}`,
	`{"op":"snapshots.prepare","ns":"default","lease":"i1","snapshotter":"native","key":"k1"}`,
	`{"op":"snapshots.commit","ns":"default","lease":"i1","snapshotter":"native","key":"k1","name":"a"}`,
}

// questions are Ops that together show all of a node: its data, its past, and how its environment will behave.
var questions = []string{
	`{"op":"dump"}`, `{"op":"hash"}`, `{"op":"fsck"}`, `{"op":"plan"}`, `{"op":"top","limit":100}`, `{"op":"inspect","path":""}`,
	`{"op":"expiry"}`, `{"op":"clock.now"}`, `{"op":"clock.next"}`, `{"op":"schedule.state"}`, `{"op":"calls.list"}`,
	`{"op":"collectors.get","type":8}`, `{"op":"collectors.get","type":9}`, `{"op":"collectors.get","type":10}`, `{"op":"collectors.get","type":11}`,
	`{"op":"events"}`,
	`{"op":"content.walk","ns":"default"}`, `{"op":"snapshots.walk","ns":"default","snapshotter":"native"}`,
	`{"op":"leases.create","ns":"default","id":"probe"}`, // a fault of the database hits it, and counts it
	`{"op":"leases.create","ns":"default"}`,              // its ID comes from the random source
	`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"probe","lease":"probe"}`,
	`{"op":"writers.open","ns":"default","name":"probe","ref":"r1"}`,
	`{"op":"collect"}`, `{"op":"schedule.pass","by":"10s"}`, `{"op":"faults.clear"}`, `{"op":"node.restart"}`,
	`{"op":"collect"}`, `{"op":"fsck"}`, `{"op":"hash"}`, `{"op":"events"}`,
}

func parsed(t *testing.T, lines ...string) (ops []engine.Op) {
	t.Helper()
	for _, line := range lines {
		o, err := op.Parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, o)
	}
	return ops
}

// probe asks all questions of a node, and of the forks that Ops created.
func (s *side) probe(t *testing.T) {
	t.Helper()
	for _, fork := range []string{"", "a", "b", "t"} {
		if s.node.Forked(fork) == nil && fork != "" {
			continue
		}
		node := s.node
		if fork != "" {
			node = s.node.Forked(fork)
		}
		look := func() {
			s.results = append(s.results, fmt.Sprintf("random: %d, size: %d, leftovers: %q",
				node.Rand().Uint64(), node.ContentBackend().Size(), node.Leftovers(t.Context())))
		}
		look()
		for _, o := range parsed(t, questions...) {
			o.Fork = fork
			s.apply(o)
		}
		look()
	}
}

// A past is the beginning of a history, from which several nodes can be grown that are equal in everything.
type past struct {
	setup engine.Setup
	ops   []engine.Op
}

func (p past) grow(t *testing.T, name string) *side {
	t.Helper()
	opts, err := p.setup.Options()
	if err != nil {
		t.Fatal(err)
	}
	node, err := engine.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	must(t, node, pastLines...)
	for _, o := range p.ops {
		node.Apply(context.Background(), o)
	}
	return &side{name: name, node: node}
}

func (s *side) fork(t *testing.T, name string) *side {
	f := &side{name: name, node: s.node.Fork()}
	t.Cleanup(func() { f.node.Close() })
	return f
}

func forkSetup(seed uint64) engine.Setup {
	return engine.Setup{Holdfast: op.Version, Seed: seed, Turns: seed%2 == 1, Isolated: seed%3 == 0}
}

const forkSeeds = 150

// TestForkLaw checks that no sequence of Ops on a node changes any answer of its fork, and the reverse.
//
// Each side has a twin: a node with the same past whose other side gets no Ops. The results of a side and its twin must
// be equal, for every Op and every question afterwards.
func TestForkLaw(t *testing.T) {
	applied := map[op.Name]int{} // successful Ops after the fork
	for seed := range uint64(forkSeeds) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := past{forkSetup(seed), forkOps(t, 3*seed, 20+r.IntN(100))}
		first := map[string][]engine.Op{}
		if seed%4 == 0 { // the two sides have different snapshotters to clean
			p.ops = append(p.ops, parsed(t, append([]string{`{"op":"faults.clear"}`, `{"op":"node.restart"}`, `{"op":"collect"}`}, unclean("native")...)...)...)
			first["the node"] = parsed(t, unclean("overlayfs")...)
			first["the fork"] = parsed(t, `{"op":"clock.now"}`, `{"op":"clock.now"}`, `{"op":"collect"}`)
		}
		node, nodeTwin, still := p.grow(t, "the node"), p.grow(t, "its twin"), p.grow(t, "the origin of the fork's twin")
		fork, forkTwin := node.fork(t, "the fork"), still.fork(t, "its twin")
		nodeTwin.fork(t, "a fork that gets no Ops")

		ops := map[*side][]engine.Op{
			node: append(first[node.name], forkOps(t, 3*seed+1, 40+r.IntN(60))...),
			fork: append(first[fork.name], forkOps(t, 3*seed+2, 40+r.IntN(60))...),
		}
		twins := map[*side]*side{node: nodeTwin, fork: forkTwin}
		for len(ops[node])+len(ops[fork]) > 0 {
			s := node
			if len(ops[node]) == 0 || len(ops[fork]) > 0 && r.IntN(2) == 0 {
				s = fork
			}
			o := ops[s][0]
			ops[s] = ops[s][1:]
			if s.apply(o).Code == op.OK {
				applied[o.Name]++
			}
			twins[s].apply(o)
		}
		for _, s := range []*side{node, fork} {
			s.probe(t)
			twins[s].probe(t)
			s.compare(t, twins[s], fmt.Sprintf("seed %d: %s depends on the other side", seed, s.name))
		}
	}
	for _, name := range op.Names() {
		if applied[name] == 0 && name != op.SnapshotsCleanup { // not implemented by the backends
			t.Errorf("no %s succeeded after a fork", name)
		}
	}
}

// TestForkLacksNothing checks that a fork of a node without open handles, pending calls and forks behaves as the node
// does.
func TestForkLacksNothing(t *testing.T) {
	for seed := range uint64(forkSeeds) {
		p := past{forkSetup(seed), nil}
		for _, o := range forkOps(t, 3*seed, 80) {
			if o.Name != op.TxBegin && o.Name != op.WritersOpen && o.Name != op.ReadersOpen && o.Name != op.NodeFork {
				o.Call = ""
				p.ops = append(p.ops, o)
			}
		}
		if seed%4 == 0 {
			p.ops = append(p.ops, engine.Op{Name: op.NodeKill})
		}
		node := p.grow(t, "the node")
		for range seed % 5 {
			node.node.Rand().Uint64()
		}
		fork := node.fork(t, "the fork")
		for _, o := range forkOps(t, 3*seed+1, 40*int(seed%2)) {
			node.apply(o)
			fork.apply(o)
		}
		node.probe(t)
		fork.probe(t)
		fork.compare(t, node, fmt.Sprintf("seed %d: a fork differs from its node", seed))
	}
}

// compare fails the test at the first result that differs.
func (s *side) compare(t *testing.T, other *side, message string) {
	t.Helper()
	for i := range max(len(s.results), len(other.results)) {
		if i < min(len(s.results), len(other.results)) && s.results[i] == other.results[i] {
			continue
		}
		t.Fatalf("%s at result %d of %d and %d:\n%s:\n%s\n%s:\n%s\nbefore:\n%s", message, i, len(s.results), len(other.results),
			s.name, s.results[min(i, len(s.results)-1)], other.name, other.results[min(i, len(other.results)-1)],
			strings.Join(s.results[max(0, i-5):i], "\n"))
	}
}
