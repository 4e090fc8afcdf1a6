package verbs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

// stepResult is abi.StepResult with undecoded progress and result.
type stepResult struct {
	Done             bool
	Did, Of          int
	Progress, Result json.RawMessage
}

// do sends a request that must succeed, decodes the value of the response and returns the body.
func do(t *testing.T, nodes *verbs.Nodes, header string, into any) (body string) {
	t.Helper()
	header2, body := split(nodes.Call(abi.AppendFrame(nil, []byte(header), nil)))
	a := abi.Response[json.RawMessage]{}
	if err := json.Unmarshal([]byte(header2), &a); err != nil || a.Code != op.OK {
		t.Fatalf("%s: %s (%v)", header, header2, err)
	}
	if into != nil {
		if err := json.Unmarshal(a.Value, into); err != nil {
			t.Fatal(err)
		}
	}
	return body
}

// work runs a job to its end in steps of the given units. It returns the last result and the output of all steps.
func work(t *testing.T, nodes *verbs.Nodes, begin string, units int) (last stepResult, out string) {
	t.Helper()
	var j abi.Job
	do(t, nodes, begin, &j)
	for !last.Done {
		before := last.Did
		last = stepResult{}
		out += do(t, nodes, fmt.Sprintf(`{"verb":"step","args":{"job":%d,"units":%d}}`, j.Job, units), &last)
		if last.Did <= before || last.Did > last.Of || len(last.Progress) == 0 || (last.Result != nil) != last.Done {
			t.Fatalf("%s: after %d units: %+v", begin, before, last)
		}
	}
	if a := request(t, nodes, fmt.Sprintf(`{"verb":"step","args":{"job":%d}}`, j.Job)); a.Code != op.NotFound {
		t.Errorf("%s: a step after the end: code %s, want not_found", begin, a.Code)
	}
	return last, out
}

// TestSimulate compares jobs of different step sizes with sim.Run.
func TestSimulate(t *testing.T) {
	var hashes strings.Builder
	want := sim.Run(sim.Config{Seed: 18446744073709551615, Ops: 700, Hashed: func(_ int, h engine.Hash) { fmt.Fprintln(&hashes, h) }})
	result, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, units := range []int{1, 97, 1_000_000} {
		var nodes verbs.Nodes
		last, out := work(t, &nodes, `{"verb":"simulate","args":{"seed":"18446744073709551615","ops":700,"body":"hashes"}}`, units)
		if string(last.Result) != string(result) {
			t.Errorf("steps of %d units: result %s\nwant %s", units, last.Result, result)
		}
		if out != hashes.String() {
			t.Errorf("steps of %d units: the hashes differ", units)
		}
	}
}

// TestSimulateTrace replays the trace of a job on another node and compares the hashes.
func TestSimulateTrace(t *testing.T) {
	var nodes verbs.Nodes
	_, hashes := work(t, &nodes, `{"verb":"simulate","args":{"seed":"3","ops":400,"body":"hashes"}}`, 50)
	_, trace := work(t, &nodes, `{"verb":"simulate","args":{"seed":"3","ops":400,"body":"trace"}}`, 30)
	r, err := engine.NewTraceReader(strings.NewReader(trace))
	if err != nil {
		t.Fatal(err)
	}
	opts, err := r.Setup.Options()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(hashes)
	for i := range lines {
		op, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		e.Apply(t.Context(), op)
		if e.Hash().String() != lines[i] {
			t.Fatalf("Op %d, %s: the hashes differ", i+1, op)
		}
	}
}

const smallStudy = `{"profile":"edge","days":3,"seeds":2,"seed":5,"policies":[{"release":["kubelet"]},{"collect":"interval:1h"}]}`

// TestCompare compares jobs of different step sizes with the same study in compare.
func TestCompare(t *testing.T) {
	var study compare.Study
	if err := json.Unmarshal([]byte(smallStudy), &study); err != nil {
		t.Fatal(err)
	}
	r, err := compare.Begin(study)
	if err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		if done, err = r.Step(); err != nil {
			t.Fatal(err)
		}
	}
	want, err := json.Marshal(r.Result())
	if err != nil {
		t.Fatal(err)
	}
	for _, units := range []int{1, 1000} {
		var nodes verbs.Nodes
		last, _ := work(t, &nodes, `{"verb":"compare","args":`+smallStudy+`}`, units)
		if string(last.Result) != string(want) {
			t.Errorf("steps of %d units: result %s\nwant %s", units, last.Result, want)
		}
	}
}

// TestCompareFromANode begins a study from a node, which the study must not change.
func TestCompareFromANode(t *testing.T) {
	var nodes verbs.Nodes
	do(t, &nodes, `{"verb":"new"}`, nil)
	before := request(t, &nodes, `{"verb":"hash","node":1}`)
	last, _ := work(t, &nodes, `{"verb":"compare","node":1,"args":{"profile":"edge","days":1,"seeds":1}}`, 3)
	var result compare.Result
	if err := json.Unmarshal(last.Result, &result); err != nil || len(result.Policies) < 2 {
		t.Errorf("%d policies (%v)", len(result.Policies), err)
	}
	if after := request(t, &nodes, `{"verb":"hash","node":1}`); string(after.Value) != string(before.Value) {
		t.Error("the study changed the node")
	}
}

// TestInvalidJobs checks the code of each invalid request about jobs.
func TestInvalidJobs(t *testing.T) {
	var nodes verbs.Nodes
	do(t, &nodes, `{"verb":"simulate","args":{"ops":50}}`, nil)
	for _, c := range []struct{ header, code string }{
		{`{"verb":"simulate","args":{"seed":7}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"seed":"-1"}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"ops":-1}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"ops":1000000000}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"profile":"storm"}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"schedule":"never"}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"faults":{"meteor":1}}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"faults":{"crash":-1}}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"collect_every":-1}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"fault_every":-1}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"body":"all"}}`, "invalid_argument"},
		{`{"verb":"simulate","args":{"more":1}}`, "invalid_argument"},
		{`{"verb":"compare","args":{"profile":"moon"}}`, "not_found"},
		{`{"verb":"compare","args":{"days":-1}}`, "invalid_argument"},
		{`{"verb":"compare","args":{"days":1e300}}`, "invalid_argument"},
		{`{"verb":"compare","args":{"seeds":2000000000}}`, "invalid_argument"},
		{`{"verb":"compare","args":{"disk":-5}}`, "invalid_argument"},
		{`{"verb":"compare","args":{"profile_text":"{"}}`, "invalid_argument"},
		{`{"verb":"compare","args":{"policies":[{"release":["nothing at all"]}]}}`, "invalid_argument"},
		{`{"verb":"compare","node":9}`, "not_found"},
		{`{"verb":"step","args":{"job":1,"units":-1}}`, "invalid_argument"},
		{`{"verb":"step","args":{"job":1,"units":1000001}}`, "invalid_argument"},
		{`{"verb":"step","args":{"job":1.5}}`, "invalid_argument"},
		{`{"verb":"step"}`, "not_found"},
		{`{"verb":"step","args":{"job":2}}`, "not_found"},
		{`{"verb":"stop","args":{"job":2}}`, "not_found"},
		{`{"verb":"close","node":1}`, "not_found"}, // the handle is of a job
		{`{"verb":"step","args":{"job":1}}`, "ok"},
		{`{"verb":"stop","args":{"job":1}}`, "ok"},
		{`{"verb":"stop","args":{"job":1}}`, "not_found"},
		{`{"verb":"step","args":{"job":1}}`, "not_found"},
	} {
		if a := request(t, &nodes, c.header); string(a.Code) != c.code {
			t.Errorf("%s: code %s (%s), want %s", c.header, a.Code, a.Error, c.code)
		}
	}
}

func TestTooManyJobs(t *testing.T) {
	var nodes verbs.Nodes
	for range abi.JobsMax {
		do(t, &nodes, `{"verb":"simulate"}`, nil)
	}
	if a := request(t, &nodes, `{"verb":"compare"}`); a.Code != op.ResourceExhausted {
		t.Error(a.Code)
	}
	do(t, &nodes, `{"verb":"stop","args":{"job":3}}`, nil)
	var j abi.Job
	do(t, &nodes, `{"verb":"simulate"}`, &j)
	if j.Job != abi.JobsMax+1 {
		t.Errorf("job %d", j.Job)
	}
}
