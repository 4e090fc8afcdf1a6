package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/oracle"
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

// failing runs the program and returns what it prints, whatever the exit code, and that.
func failing(args ...string) (string, int) {
	var stdout, stderr bytes.Buffer
	code := run(args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), code
}

// TestSimPlanted has a bug be found, and reads what is told of it, which the golden file has but for the version and
// what the seed drew. What it leaves is checked and replayed.
func TestSimPlanted(t *testing.T) {
	directory := t.TempDir()
	words, code := failing("sim", "--plant", "no-sandbox-references", "--seed", "0", "--ops", "2000", "--workers", "1", "--output", directory)
	if code != exitFindings {
		t.Errorf("exit code %d", code)
	}
	_, told, _ := strings.Cut(words, "\nSeed ")
	told = strings.ReplaceAll("Seed "+told, directory+string(filepath.Separator), "")
	var kept []string
	for line := range strings.Lines(told) {
		if !strings.HasPrefix(line, "holdfast ") && !strings.HasPrefix(line, "drawn: ") {
			kept = append(kept, line)
		}
	}
	const golden = "testdata/sim-planted.txt"
	whole := strings.ReplaceAll(strings.Join(kept, ""), "\n\n\n", "\n\n")
	if *update {
		if err := os.WriteFile(golden, []byte(whole), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := whole; got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\n(-update rewrites it)", golden, got, want)
	}

	files, err := filepath.Glob(filepath.Join(directory, "sim-*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if words, code := failing("sim", "--check", files[0], "--plant", "no-sandbox-references"); code != exitFindings || !strings.Contains(words, string(oracle.LostObject)) {
		t.Errorf("exit code %d: %s", code, words)
	}
	if words := holdfast(t, "sim", "--check", files[0]); !strings.Contains(words, "nothing wrong") {
		t.Error(words)
	}
	if words := holdfast(t, "replay", files[0]); !strings.Contains(words, "calls.") {
		t.Error(words)
	}
}

// TestSimDoc holds the sample in the documentation of package sim against what is really told.
func TestSimDoc(t *testing.T) {
	doc, err := os.ReadFile("../../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile("testdata/sim-planted.txt")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(told), "\nThe last of ")
	_, short, _ := strings.Cut(rest, "\n\n")
	for line := range strings.Lines(before + short) {
		if line = strings.TrimRight("//\t"+line, "\n\t"); !strings.Contains(string(doc), line+"\n") {
			t.Errorf("not in sim/doc.go:\n%s", line)
		}
	}
}

// TestSimFaults has only those faults happen that are asked for.
func TestSimFaults(t *testing.T) {
	var answer struct {
		Faults, Schedules map[string]int
	}
	args := []string{"sim", "--seeds", "4", "--ops", "800", "--faults", "delay=3,crash,hang=0", "--fault-every", "50", "--schedule", "interval", "--json"}
	if err := json.Unmarshal([]byte(holdfast(t, args...)), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Faults) != 2 || answer.Faults["delay"] <= answer.Faults["crash"] || answer.Faults["crash"] == 0 {
		t.Errorf("%v", answer.Faults)
	}
	if answer.Schedules["interval"] != 4 {
		t.Errorf("%v", answer.Schedules)
	}
}

// TestSimInterrupted is told to stop by the user.
func TestSimInterrupted(t *testing.T) {
	i := newInterrupt()
	defer i.end()
	if i.came() {
		t.Error("before it came")
	}
	i.signals <- os.Interrupt
	for range 2 { // it stays
		if !i.came() {
			t.Error("it didn't come")
		}
	}
	v := &simulation{console: &console{}}
	s := sim.Campaign{Config: sim.Config{Ops: 100_000, Stop: i.came}, Seeds: 5}.Run()
	v.print(s, time.Second, i.came())
	if words := v.out.String(); !strings.Contains(words, "0 seeds from 0 on: nothing went wrong until it was stopped.") {
		t.Error(words)
	}
}

// TestSimRefuses asks for what there is not.
func TestSimRefuses(t *testing.T) {
	for _, args := range []string{
		"--profile none", "--ops 0", "--seeds -1", "--workers -1", "--collect-every -1", "--fault-every -1", "--for -1s", "surplus",
		"--schedule none", "--schedule interval --collect-every 5", "--plant none", "--faults rain", "--faults crash=often", "--faults crash,",
	} {
		var stdout, stderr bytes.Buffer
		if code := run(append([]string{"sim"}, strings.Fields(args)...), strings.NewReader(""), &stdout, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d: %s", args, code, stderr.String())
		}
	}
}
