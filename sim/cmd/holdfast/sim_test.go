package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
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

// TestSimRefuses asks for what there is not.
func TestSimRefuses(t *testing.T) {
	for _, args := range []string{"--profile none", "--ops 0", "--seeds -1", "--workers -1", "--collect-every -1", "surplus"} {
		var stdout, stderr bytes.Buffer
		if code := run(append([]string{"sim"}, strings.Fields(args)...), strings.NewReader(""), &stdout, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d: %s", args, code, stderr.String())
		}
	}
}
