package proptest_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A faultySystem is an engine with one injected bug.
type faultySystem struct {
	proptest.System
	bug  *systemBug
	seen map[op.Name]int // Ops applied so far, by name
}

// A systemBug is a bug to inject into a system. Each function may be nil.
type systemBug struct {
	new    proptest.New // makes the system, if not nil
	setup  func(*engine.Setup)
	op     func(s *faultySystem, op *engine.Op)                               // changes an Op before it is applied
	result func(s *faultySystem, op engine.Op, r engine.Result) engine.Result // changes its result
	save   func(s proptest.Saver, w io.Writer) error
	load   func(loaded proptest.System) // changes a loaded system
	fork   func(s *faultySystem, fork proptest.System) (proptest.System, error)
}

func (w *systemBug) make(setup engine.Setup) (proptest.System, error) {
	if w.new != nil {
		return w.new(setup)
	}
	if w.setup != nil {
		w.setup(&setup)
	}
	node, err := proptest.Engine()(setup)
	return &faultySystem{node, w, map[op.Name]int{}}, err
}

func (s *faultySystem) Promises() []proptest.Promise { return s.System.(proptest.Promiser).Promises() }

func (s *faultySystem) Apply(op engine.Op) engine.Result {
	actual := op
	if s.bug.op != nil {
		s.bug.op(s, &actual)
	}
	r := s.System.Apply(actual)
	if s.bug.result != nil {
		r = s.bug.result(s, op, r)
	}
	s.seen[op.Name]++
	return r
}

func (s *faultySystem) Save(w io.Writer) error {
	if s.bug.save != nil {
		return s.bug.save(s.System.(proptest.Saver), w)
	}
	return s.System.(proptest.Saver).Save(w)
}

func (s *faultySystem) Load(r io.Reader) (proptest.System, error) {
	loaded, err := s.System.(proptest.Saver).Load(r)
	if err != nil {
		return nil, err
	}
	if s.bug.load != nil {
		s.bug.load(loaded)
	}
	return &faultySystem{loaded, s.bug, map[op.Name]int{}}, nil
}

func (s *faultySystem) Fork() (proptest.System, error) {
	fork, err := s.System.(proptest.Forker).Fork()
	if err == nil && s.bug.fork != nil {
		return s.bug.fork(s, fork)
	}
	return &faultySystem{fork, s.bug, maps.Clone(s.seen)}, err
}

// lease makes a lease that no history makes.
func lease(s proptest.System) {
	s.Apply(engine.Op{Name: op.LeasesCreate, Header: engine.Header{NS: "a"}, Args: op.LeasesCreateArgs{ID: "y"}})
}

// relabel changes the labels in an Op's arguments.
func relabel(o *engine.Op, change func(labels map[string]string)) {
	clone := func(labels map[string]string) map[string]string {
		changed := maps.Clone(labels)
		if changed == nil {
			changed = map[string]string{}
		}
		change(changed)
		return changed
	}
	switch a := o.Args.(type) {
	case op.WritersCommitArgs:
		a.Labels = clone(a.Labels)
		o.Args = a
	case op.LeasesCreateArgs:
		a.Labels = clone(a.Labels)
		o.Args = a
	case op.SnapshotCreate:
		a.Labels = clone(a.Labels)
		o.Args = a
	case op.ImageRecord:
		a.Image.Labels = clone(a.Image.Labels)
		o.Args = a
	}
}

// bugs has, for every law, a bug that breaks it.
var bugs = map[proptest.LawName]systemBug{
	proptest.ReachableStays: {op: func(s *faultySystem, o *engine.Op) {
		if o.Name == op.Collect { // drop the labels of a blob
			a := op.ContentUpdateArgs{Info: content.Info{Digest: generate.DigestOf("a")}, Paths: []string{"labels"}}
			s.System.Apply(engine.Op{Name: op.ContentUpdate, Header: engine.Header{NS: "a"}, Args: a})
		}
	}},
	proptest.UnreachableGoes: {op: func(_ *faultySystem, o *engine.Op) {
		if o.Name == op.Collect {
			o.Name = op.ClockNow
		}
	}},
	proptest.AgreesWithModel: {result: func(_ *faultySystem, o engine.Op, r engine.Result) engine.Result {
		if o.Name == op.ImagesGet {
			r.Code = op.OK
		}
		return r
	}},
	proptest.AgreesUnderFaults: {result: func(_ *faultySystem, _ engine.Op, r engine.Result) engine.Result {
		if r.Code == op.Unavailable {
			r.Code = op.OK
		}
		return r
	}},
	proptest.CrashLeavesSoundState: {op: func(s *faultySystem, o *engine.Op) {
		if o.Name == op.NodeCrash {
			s.System.Apply(engine.Op{Name: op.ImagesDelete, Header: engine.Header{NS: "a"}, Args: op.ImagesDeleteArgs{Name: "i"}})
		}
	}},
	proptest.MadeMeanwhileStays: {op: func(s *faultySystem, o *engine.Op) {
		if o.Name == op.CallsResume {
			s.System.Apply(engine.Op{Name: op.ImagesDelete, Header: engine.Header{NS: "a"}, Args: op.ImagesDeleteArgs{Name: "i"}})
		}
	}},
	proptest.ConcurrentClients: {result: func(s *faultySystem, o engine.Op, r engine.Result) engine.Result {
		if o.Name == op.TxRollback && r.Code == op.OK {
			lease(s.System)
		}
		return r
	}},
	proptest.SecondCollection: {op: func(s *faultySystem, o *engine.Op) {
		if o.Name == op.Collect && s.seen[op.Collect]%2 == 0 {
			o.Name = op.ClockNow
		}
	}},
	proptest.PlanEqualsCollection: {result: func(_ *faultySystem, op engine.Op, r engine.Result) engine.Result {
		if p, ok := r.Value.(*examine.Plan); ok && len(p.Removed) > 0 {
			less := *p
			less.Removed = p.Removed[1:]
			r.Value = &less
		}
		return r
	}},
	proptest.ExplanationsHold: {result: func(_ *faultySystem, _ engine.Op, r engine.Result) engine.Result {
		if w, ok := r.Value.(*examine.Why); ok && len(w.Chains) > 0 && len(w.Chains[0]) > 1 { // skip a step
			other := *w
			other.Chains = slices.Clone(w.Chains)
			other.Chains[0] = w.Chains[0][1:]
			r.Value = &other
		}
		return r
	}},
	proptest.AnswersForetell: {result: func(_ *faultySystem, _ engine.Op, r engine.Result) engine.Result {
		if w, ok := r.Value.(*examine.Why); ok && w.RetainedObjects > 1 { // forget what goes along
			other := *w
			other.RetainedObjects = 1
			r.Value = &other
		}
		return r
	}},
	proptest.QuestionsShowState: {result: func(_ *faultySystem, o engine.Op, r engine.Result) engine.Result {
		if o.Name == op.Expiry {
			r.Value = nil
		}
		return r
	}},
	proptest.CreationOrder: {op: func(s *faultySystem, o *engine.Op) {
		if o.Name == op.WritersCommit && s.seen[op.LeasesCreate] > 0 {
			relabel(o, func(labels map[string]string) { labels[generate.Prefix+"root"] = "x" })
		}
	}},
	proptest.AddedReference: {op: func(_ *faultySystem, o *engine.Op) {
		if a, ok := o.Args.(op.ContentUpdateArgs); ok {
			a.Paths = []string{"labels"}
			o.Args = a
		}
	}},
	proptest.LeaseProtects: {op: func(s *faultySystem, o *engine.Op) {
		if o.Name == op.LeasesAddResource && o.NS == "a" {
			o.Name, o.Args = op.ClockNow, nil
		}
	}},
	proptest.FlatLease: {op: func(_ *faultySystem, o *engine.Op) {
		if o.Name == op.LeasesCreate {
			relabel(o, func(labels map[string]string) { delete(labels, generate.Prefix+"flat") })
		}
	}},
	proptest.BackReferences: {op: func(_ *faultySystem, op *engine.Op) {
		relabel(op, func(labels map[string]string) {
			maps.DeleteFunc(labels, func(key, _ string) bool { return strings.Contains(key, "bref") })
		})
	}},
	proptest.NamespacesIndependent: {op: func(_ *faultySystem, o *engine.Op) {
		if o.NS == "b" && o.Name == op.ImagesCreate {
			o.NS = "a"
		}
	}},
	proptest.IsolatedContent: {setup: func(s *engine.Setup) { s.Isolated = false }},
	proptest.FailedCall: {result: func(s *faultySystem, o engine.Op, r engine.Result) engine.Result {
		if r.Code != op.OK && o.Name == op.ImagesDelete {
			lease(s.System)
		}
		return r
	}},
	proptest.DumpRoundTrip: {load: lease},
	proptest.BoltFile: {save: func(s proptest.Saver, w io.Writer) error {
		fork, err := s.(proptest.Forker).Fork()
		if err != nil {
			return err
		}
		defer fork.Close()
		lease(fork)
		return fork.(proptest.Saver).Save(w)
	}},
	proptest.ForksIndependent: {fork: func(s *faultySystem, _ proptest.System) (proptest.System, error) {
		return struct{ proptest.System }{s}, nil
	}},
	proptest.TransactionsEqualCalls: {op: func(_ *faultySystem, o *engine.Op) {
		if o.Tx != "" && o.Name == op.ImagesUpdate {
			o.Name, o.Args = op.ClockNow, nil
		}
	}},
	proptest.EventsMatch: {result: func(_ *faultySystem, _ engine.Op, r engine.Result) engine.Result {
		if sent, ok := r.Value.([]engine.Event); ok && len(sent) > 0 && sent[0].Topic == "/snapshot/remove" {
			r.Value = sent[1:]
		}
		return r
	}},
	proptest.NoOrphans: {new: proptest.Engine(engine.WithCleanupOnce())},
	proptest.ReadsShowRecords: {result: func(_ *faultySystem, _ engine.Op, r engine.Result) engine.Result {
		if list, ok := r.Value.([]images.Image); ok && len(list) > 1 {
			r.Value = list[1:]
		}
		return r
	}},
}

// storeBugs are bugs that stores of one's own easily have, each with a law that finds it.
var storeBugs = []struct {
	name string
	law  proptest.LawName
	bug  func() systemBug // each system has state of its own
}{
	{"a read of an image is cached and never updated", proptest.ReadsShowRecords, func() systemBug {
		cache := map[string]engine.Result{}
		return systemBug{result: func(_ *faultySystem, o engine.Op, r engine.Result) engine.Result {
			if o.Name != op.ImagesGet {
				return r
			}
			key := o.NS + "/" + o.Args.(op.Named).Name
			if cached, ok := cache[key]; ok {
				return cached
			}
			if r.Code == op.OK {
				cache[key] = r
			}
			return r
		}}
	}},
	{"a read returns the store's own labels", proptest.ReadsShowRecords, func() systemBug {
		labels := map[string]map[string]string{}
		return systemBug{result: func(_ *faultySystem, o engine.Op, r engine.Result) engine.Result {
			image, ok := r.Value.(images.Image)
			if !ok || image.Labels == nil {
				return r
			}
			key := o.NS + "/" + image.Name
			if own, ok := labels[key]; ok && o.Name == op.ImagesGet {
				image.Labels = own
			} else {
				labels[key] = image.Labels
			}
			r.Value = image
			return r
		}}
	}},
	{"a list is in the order of creation", proptest.ReadsShowRecords, func() systemBug {
		var order []string
		return systemBug{result: func(_ *faultySystem, o engine.Op, r engine.Result) engine.Result {
			if image, ok := r.Value.(images.Image); ok && o.Name == op.ImagesCreate {
				order = append(order, image.Name)
			}
			if list, ok := r.Value.([]images.Image); ok {
				list = slices.Clone(list)
				slices.SortStableFunc(list, func(a, b images.Image) int {
					return slices.Index(order, a.Name) - slices.Index(order, b.Name)
				})
				r.Value = list
			}
			return r
		}}
	}},
	{"an update loses a label", proptest.AgreesWithModel, func() systemBug {
		return systemBug{op: func(_ *faultySystem, o *engine.Op) {
			if a, ok := o.Args.(op.ContainerRecord); ok && o.Name == op.ContainersUpdate && len(a.Container.Labels) > 1 {
				a.Container.Labels = maps.Clone(a.Container.Labels)
				delete(a.Container.Labels, slices.Min(slices.Collect(maps.Keys(a.Container.Labels))))
				o.Args = a
			}
		}}
	}},
	{"a restart forgets the last image", proptest.CrashLeavesSoundState, func() systemBug {
		return systemBug{op: func(s *faultySystem, o *engine.Op) {
			if o.Name != op.NodeCrash {
				return
			}
			list, _ := s.System.Apply(engine.Op{Name: op.ImagesList, Header: engine.Header{NS: "a"}}).Value.([]images.Image)
			if len(list) > 0 {
				s.System.Apply(engine.Op{Name: op.ImagesDelete, Header: engine.Header{NS: "a"}, Args: op.ImagesDeleteArgs{Name: list[len(list)-1].Name}})
			}
		}}
	}},
}

// TestLawsFindStoreBugs checks that the laws find each of these bugs within the default number of cases.
func TestLawsFindStoreBugs(t *testing.T) {
	for _, b := range storeBugs {
		t.Run(b.name, func(t *testing.T) {
			r := proptest.Check(func(setup engine.Setup) (proptest.System, error) {
				bug := b.bug()
				return bug.make(setup)
			}, proptest.WithLaws(b.law))
			f := r.First()
			if f == nil {
				t.Fatal("no failure")
			}
			t.Logf("case %d\n%s", f.Cases, f)
		})
	}
}

// TestCounterexamplesHaveNames checks that the Go tests of different counterexamples have different names, even if they
// break the same law.
func TestCounterexamplesHaveNames(t *testing.T) {
	name := regexp.MustCompile(`func (Test\w+)\(`)
	names := map[string]string{}
	bug := systemBug{new: proptest.Engine(engine.WithCleanupOnce())}
	for seed := range int64(4) {
		r := proptest.Check(bug.make, proptest.WithLaws(proptest.CrashLeavesSoundState, proptest.AgreesUnderFaults), proptest.WithCases(400), proptest.WithSeed(seed))
		for _, f := range r.Failures() {
			found := name.FindStringSubmatch(f.Test())
			if found == nil {
				t.Fatalf("no function in\n%s", f.Test())
			}
			trace := string(f.Check) + "\n" + string(f.Trace())
			if other, ok := names[found[1]]; ok && other != trace {
				t.Errorf("%s is the name of two tests:\n%s\n%s", found[1], other, trace)
			}
			names[found[1]] = trace
		}
	}
	if len(names) < 2 {
		t.Errorf("only %d counterexamples", len(names))
	}
}

// TestLawsBite checks that every law finds its bug, and that the counterexamples are short, minimal and readable.
func TestLawsBite(t *testing.T) {
	var lengths []int
	for _, law := range slices.Sorted(maps.Keys(bugs)) {
		w := bugs[law]
		r := proptest.Check(w.make, proptest.WithLaws(law), proptest.WithCases(1000))
		f := r.First()
		if f == nil {
			t.Errorf("%s: no failure", law)
			continue
		}
		if f.Law != law && f.Check != law {
			t.Errorf("%s: found a violation of %s", law, f.Law)
		}
		lengths = append(lengths, len(f.Ops))
		t.Logf("%s: case %d, %d Ops\n%s", law, f.Cases, len(f.Ops), f)
		for i := range f.Ops {
			less := &proptest.Failure{Setup: f.Setup, Ops: slices.Delete(slices.Clone(f.Ops), i, i+1)}
			again, err := proptest.Retry(w.make, f.Check, bytes.NewReader(less.Trace()))
			if err != nil {
				t.Fatal(err)
			}
			if again != nil && again.Law == f.Law && again.Rule == f.Rule {
				t.Errorf("%s: Op %d is not needed in\n%s", law, i+1, f)
			}
		}
		if _, err := engine.Replay(t.Context(), bytes.NewReader(f.Trace()), nil); err != nil {
			t.Errorf("%s: its trace does not replay: %v", law, err)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package x\n"+f.Test(), 0); err != nil {
			t.Errorf("%s: its test does not parse: %v\n%s", law, err, f.Test())
		}
		if long := longName.FindString(string(f.Trace())); long != "" {
			t.Errorf("%s: the name %s is longer than a letter in\n%s", law, long, f)
		}
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median > 12 {
		t.Errorf("the median of the counterexamples' lengths is %d: %v", median, lengths)
	}
	if len(proptest.Laws()) != len(bugs) {
		t.Errorf("%d laws, %d wrong systems", len(proptest.Laws()), len(bugs))
	}
}

// longName matches names chosen by a history that are longer than a letter.
var longName = regexp.MustCompile(`"(ns|name|lease|key|ref|parent|id)":"[a-z][^":]+"`)
