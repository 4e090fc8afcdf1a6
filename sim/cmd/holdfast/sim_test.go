package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
)

func init() {
	goldens = append(goldens, struct{ name, args string }{"help-sim", "sim --help"})
}

// TestSim runs a few seeds and reads what is told of them.
func TestSim(t *testing.T) {
	words := holdfast(t, "sim", "--seeds", "3", "--ops", "500", "--workers", "2", "--check-determinism")
	for _, want := range []string{"3 seeds from 1 on: nothing went wrong.", "steps a second", "collections", "SITUATION"} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in\n%s", want, words)
		}
	}
	var answer struct {
		Version, Seeds, Steps, Collections int
		Failures                           []any
		Missing                            []string
	}
	if err := json.Unmarshal([]byte(holdfast(t, "sim", "--seeds", "3", "--ops", "500", "--json")), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Version != simulatedVersion || answer.Seeds != 3 || answer.Steps < 1500 || answer.Collections == 0 || len(answer.Failures) > 0 {
		t.Errorf("%+v", answer)
	}
}

// TestSimFor stops when its time is over.
func TestSimFor(t *testing.T) {
	if words := holdfast(t, "sim", "--for", "1ms", "--ops", "100000", "--workers", "1"); !strings.Contains(words, "seed") {
		t.Error(words)
	}
}

// TestSimCheck has the oracle watch traces.
func TestSimCheck(t *testing.T) {
	if words := holdfast(t, "sim", "--check", "testdata/replay.jsonl"); !strings.Contains(words, "nothing wrong") {
		t.Error(words)
	}
	file := filepath.Join(t.TempDir(), "trace.jsonl")
	trace := []engine.Op{
		{Name: "snapshots.prepare", Header: engine.Header{NS: "n"}, Args: engine.SnapshotCreate{Snapshotter: "native", Key: "k"}},
		{Name: "collect"},
	}
	if err := writeTrace(file, engine.Setup{Rules: "2.2", Unscheduled: true, Turns: true}, trace); err != nil {
		t.Fatal(err)
	}
	if words := holdfast(t, "sim", "--check", file); !strings.Contains(words, "2 calls, and nothing wrong with them.") {
		t.Error(words)
	}
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"sim", "--check", file}, strings.NewReader(""), &stdout, &stderr); code != exitFile {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// TestSimFailure reads what is told of a run that went wrong, and replays the trace that it leaves.
func TestSimFailure(t *testing.T) {
	c := &console{}
	v := &simulation{console: c, directory: t.TempDir()}
	v.campaign.Ops, v.campaign.Profile = 500, "swarm"
	trace := []engine.Op{{Name: "leases.create", Header: engine.Header{NS: "n"}, Args: engine.LeaseCreate{ID: "l"}}, {Name: "collect"}}
	setup := engine.Setup{Unscheduled: true, Turns: true}
	failed := &sim.Outcome{Seed: 7, Steps: 2, Failure: &sim.Failure{Rule: "something is wrong", Detail: "with a lease", Step: 2, Setup: setup, Trace: trace}}
	found, err := v.failures(&sim.Summary{Failures: []*sim.Outcome{failed}})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	v.printFailure(found[0])
	for _, want := range []string{
		"Seed 7: something is wrong", "with a lease", "of 2 steps", "of 2 calls", `{"op":"leases.create","ns":"n","id":"l"}`,
		"holdfast sim --check " + found[0].file, "holdfast sim --seed 7 --seeds 1 --ops 500 --profile swarm",
	} {
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("no %q in\n%s", want, c.out.String())
		}
	}
	if words := holdfast(t, "replay", found[0].file); !strings.Contains(words, "2 calls.") {
		t.Error(words)
	}
}

// TestSimRefuses asks for what there is not.
func TestSimRefuses(t *testing.T) {
	for _, args := range []string{"--profile none", "--ops 0", "--seeds -1", "--workers -1", "--collect-every -1", "surplus"} {
		var stdout, stderr bytes.Buffer
		if code := run(append([]string{"sim"}, strings.Fields(args)...), strings.NewReader(""), &stdout, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d: %s", args, code, stderr.String())
		}
	}
}
