package proptest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest"
)

// brokenVariable tells TestOfABrokenSystem, in its own process, whether to break its system.
const brokenVariable = "PROPTEST_TEST_BROKEN"

// TestOfABrokenSystem runs a test for TestRunKeepsFailures.
func TestOfABrokenSystem(t *testing.T) {
	broken := os.Getenv(brokenVariable)
	if broken == "" {
		t.Skip("TestRunKeepsFailures runs it in a process of its own")
	}
	proptest.Run(t, func(setup engine.Setup) (proptest.System, error) {
		node, err := proptest.Engine()(setup)
		if broken == "yes" {
			node = forgetful{node}
		}
		return node, err
	}, proptest.WithLaws(proptest.LeaseProtects))
}

// TestRunKeepsFailures runs a failing test, runs it again with few cases, and once more after the bug is fixed.
func TestRunKeepsFailures(t *testing.T) {
	dir := t.TempDir()
	run := func(broken string, args ...string) (output string, failed bool) {
		cmd := exec.Command(os.Args[0], append([]string{"-test.run=^TestOfABrokenSystem$", "-test.v"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), brokenVariable+"="+broken)
		text, err := cmd.CombinedOutput()
		return string(text), err != nil
	}
	const path = "testdata/proptest/TestOfABrokenSystem/a-lease-protects-until-its-end.jsonl"
	output, failed := run("yes")
	for _, part := range []string{"BROKEN after", "kept in " + path, "func TestALeaseProtectsUntilItsEnd_", `{"op":"leases.create"`, "Ops: a collection"} {
		if !failed || !strings.Contains(output, part) {
			t.Errorf("no %q in\n%s", part, output)
		}
	}
	kept, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil || !strings.HasPrefix(string(kept), "# law: a lease protects until its end\n") {
		t.Fatalf("%s %v", kept, err)
	}
	for _, test := range []struct {
		name, broken string
		args         []string
		fails        bool
		part         string
	}{
		{"kept failures run first", "yes", []string{"-proptest.cases=1", "-proptest.law=" + string(proptest.FlatLease)}, true, path + " still fails"},
		{"fixed", "no", []string{"-proptest.cases=3"}, false, "3 cases"},
		{"another seed", "no", []string{"-proptest.cases=3", "-proptest.seed=77"}, false, "seed 77"},
		{"one trace", "yes", []string{"-proptest.trace=" + path}, true, "still fails"},
		{"an unknown law", "no", []string{"-proptest.law=flat means flta"}, true, `law "flat means flta": unknown; known are reachable records stay, `},
		{"no number", "no", []string{"-proptest.seed=x"}, true, "proptest.seed"},
	} {
		output, failed := run(test.broken, test.args...)
		if failed != test.fails || !strings.Contains(output, test.part) {
			t.Errorf("%s: failed %t, no %q in\n%s", test.name, failed, test.part, output)
		}
	}
	t.Setenv("PROPTEST_CASES", "5")
	if output, _ := run("no"); !strings.Contains(output, "5 cases") {
		t.Errorf("the environment variable has no effect:\n%s", output)
	}
}

func TestRetryErrors(t *testing.T) {
	for _, test := range []struct {
		name        string
		law         proptest.LawName
		trace, part string
	}{
		{"no such law", "flat means round", `{"holdfast":1}`, `law "flat means round": unknown`},
		{"no trace", proptest.FlatLease, `nonsense`, ""},
		{"no such Op", proptest.FlatLease, `{"holdfast":1}` + "\n" + `{"op":"images.paint"}`, "images.paint"},
	} {
		_, err := proptest.Retry(proptest.Engine(), test.law, strings.NewReader(test.trace))
		if err == nil || !strings.Contains(err.Error(), test.part) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestCheckTwice checks that the same seed gives the same report.
func TestCheckTwice(t *testing.T) {
	check := func(seed int64) string {
		r := proptest.Check(proptest.Engine(engine.WithCleanupOnce()), proptest.WithSeed(seed), proptest.WithCases(60), proptest.WithLaws(proptest.FlatLease, proptest.CrashLeavesSoundState))
		return r.String() + r.LabelTable()
	}
	if a, b := check(5), check(5); a != b {
		t.Errorf("two reports of one seed:\n%s\n%s", a, b)
	}
	if check(5) == check(6) {
		t.Error("two seeds, one report")
	}
}

// TestPromises checks that a law is skipped and reported if a promise is missing.
func TestPromises(t *testing.T) {
	bare := func(setup engine.Setup) (proptest.System, error) {
		node, err := proptest.Engine()(setup)
		return struct{ proptest.System }{node}, err
	}
	r := proptest.Check(bare, proptest.WithCases(5))
	absent := 0
	for _, l := range r.Laws {
		if l.Absent != "" {
			absent++
		}
		if l.Failure != nil {
			t.Errorf("%s", l.Failure)
		}
	}
	needy := 0
	for _, l := range proptest.Laws() {
		if slices.ContainsFunc(l.Needs, func(p proptest.Promise) bool { return p != proptest.Collects }) {
			needy++
		}
		if l.Why == "" || !strings.HasSuffix(l.Why, ".") {
			t.Errorf("%s: Why is not a sentence", l.Name)
		}
	}
	if !slices.Equal(r.Promises, []proptest.Promise{proptest.Collects}) || absent != needy || needy == 0 {
		t.Errorf("promises %v, %d laws skipped, %d need promises", r.Promises, absent, needy)
	}
}

// TestEngine checks all laws on the engine. To run a hundred thousand histories:
//
//	go test ./proptest -run 'TestEngine$' -timeout 0 -proptest.cases 5000
func TestEngine(t *testing.T) { proptest.Run(t, proptest.Engine(), proptest.WithCases(150/slower)) }

func FuzzEngine(f *testing.F) { proptest.Fuzz(f, proptest.Engine()) }

// TestOrphansOccur checks that the last collections of histories find orphans of each kind.
func TestOrphansOccur(t *testing.T) {
	r := proptest.Check(proptest.Engine(), proptest.WithLaws(proptest.NoOrphans), proptest.WithCases(150))
	for _, kind := range []string{"content", "ingest", "snapshot"} {
		if !strings.Contains(r.LabelTable(), "an orphan before the last collection: "+kind) {
			t.Errorf("no %s in\n%s", kind, r.LabelTable())
		}
	}
}

// replayVariable tells TestOfAReplay, in its own process, what to replay.
const replayVariable = "PROPTEST_TEST_REPLAY"

// replays are calls of Replay by name: a system, a law and a trace.
var replays = map[string]struct {
	broken bool
	law    proptest.LawName
	trace  string
	want   string // the end of the test, or a part of its message
}{
	"a sound system":     {false, proptest.LeaseProtects, leaseTrace, "PASS"},
	"a broken system":    {true, proptest.LeaseProtects, leaseTrace, "a lease protects until its end"},
	"another law":        {true, proptest.FlatLease, leaseTrace, "PASS"},
	"all laws":           {true, "", leaseTrace, "results agree with the model"},
	"an unknown law":     {false, "a lease protects", leaseTrace, `law "a lease protects": unknown`},
	"an unreadable line": {false, proptest.LeaseProtects, leaseTrace + "nonsense\n", "line 4"},
}

// leaseTrace is a counterexample in the form in which Run prints it. The broken system loses the lease.
const leaseTrace = `
{"holdfast":1,"snapshotters":["s","t"],"unscheduled":true}
{"op":"leases.create","ns":"a","id":"x"}
{"op":"collect"}
`

// TestOfAReplay calls Replay for TestReplay.
func TestOfAReplay(t *testing.T) {
	name := os.Getenv(replayVariable)
	if name == "" {
		t.Skip("TestReplay runs it in a process of its own")
	}
	r := replays[name]
	proptest.Replay(t, func(setup engine.Setup) (proptest.System, error) {
		node, err := proptest.Engine()(setup)
		if r.broken {
			node = forgetful{node}
		}
		return node, err
	}, r.law, r.trace)
}

// TestReplay replays a counterexample on sound and broken systems.
func TestReplay(t *testing.T) {
	for name, r := range replays {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOfAReplay$", "-test.v")
		cmd.Env = append(os.Environ(), replayVariable+"="+name)
		text, err := cmd.CombinedOutput()
		if !strings.Contains(string(text), r.want) || (err != nil) != (r.want != "PASS") {
			t.Errorf("%s: %v, want %q:\n%s", name, err, r.want, text)
		}
	}
}

// TestUnknownNames checks that an unknown law or promise is an error that lists the known names.
func TestUnknownNames(t *testing.T) {
	typo := proptest.LawName("a second colection removes nothing")
	r := proptest.Check(proptest.Engine(), proptest.WithLaws(proptest.FlatLease, typo))
	near := "; did you mean " + string(proptest.SecondCollection) + "?"
	if r.Err == nil || !strings.Contains(r.Err.Error(), string(proptest.FlatLease)) || !strings.HasSuffix(r.Err.Error(), near) || len(r.Laws) > 0 {
		t.Errorf("%v, %v", r.Err, r.Laws)
	}
	if _, err := proptest.Retry(proptest.Engine(), "", strings.NewReader(`{"holdfast":1}`), proptest.WithLaws(typo)); err == nil {
		t.Error("Retry accepts an unknown law of an option")
	}
	r = proptest.Check(func(setup engine.Setup) (proptest.System, error) {
		node, err := proptest.Engine()(setup)
		return promising{node, "clok"}, err
	})
	const want = `promise "clok": unknown; known are clock, `
	if r.Err == nil || !strings.HasPrefix(r.Err.Error(), want) || !strings.HasSuffix(r.Err.Error(), "; did you mean clock?") {
		t.Errorf("%v", r.Err)
	}
}

// promising is a system that makes one promise.
type promising struct {
	proptest.System
	promise proptest.Promise
}

func (p promising) Promises() []proptest.Promise { return []proptest.Promise{p.promise} }
