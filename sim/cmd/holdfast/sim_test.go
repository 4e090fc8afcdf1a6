package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// TestSim runs a few seeds and reads their summary, as text and as JSON.
func TestSim(t *testing.T) {
	words := holdfast(t, "sim", "--seeds", "3", "--ops", "500", "--workers", "2", "--check-determinism")
	for _, want := range []string{"3 seeds, the first is 1: no failures.", "steps per second", "collections", "SITUATION"} {
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
	if answer.Version != simVersion || answer.Seeds != 3 || answer.Steps < 1500 || answer.Collections == 0 || len(answer.Failures) > 0 {
		t.Errorf("%+v", answer)
	}
}

// TestSimFor stops in the first seed if its time is short, and runs more seeds if there is time.
func TestSimFor(t *testing.T) {
	for _, test := range []struct {
		time, ops  string
		holds      func(*sim.Summary) bool
		want, flag string
	}{
		{"1ms", "10000000", func(s *sim.Summary) bool { return s.Seeds == 1 && 0 < s.Steps && s.Steps < 10_000_000 }, "a part of one seed", "--workers=1"},
		{"3s", "1", func(s *sim.Summary) bool { return s.Seeds > 1 }, "several seeds", "--workers=1"},
		{"1h", "10", func(s *sim.Summary) bool { return s.Seeds == 2 && s.Steps >= 20 }, "the two seeds", "--seeds=2"},
	} {
		var answer struct {
			Stopped bool
			*sim.Summary
		}
		printed := holdfast(t, "sim", "--json", "--for", test.time, "--ops", test.ops, test.flag)
		if err := json.Unmarshal([]byte(printed), &answer); err != nil {
			t.Fatal(err)
		}
		if !test.holds(answer.Summary) || answer.Stopped || len(answer.Failures) > 0 || answer.Rules == nil {
			t.Errorf("--for %s --ops %s %s: want %s: %s", test.time, test.ops, test.flag, test.want, printed)
		}
	}
}

// TestSimCheck checks traces with the oracle.
func TestSimCheck(t *testing.T) {
	if words := holdfast(t, "sim", "--check", "testdata/replay.jsonl"); !strings.Contains(words, "no failures") {
		t.Error(words)
	}
	file := filepath.Join(t.TempDir(), "trace.jsonl")
	trace := []engine.Op{
		{Name: op.SnapshotsPrepare, Header: engine.Header{NS: "n"}, Args: op.SnapshotCreate{Snapshotter: "native", Key: "k"}},
		{Name: op.Collect},
	}
	if err := writeTrace(file, engine.Setup{Rules: "2.2", Unscheduled: true, Turns: true}, trace); err != nil {
		t.Fatal(err)
	}
	if words := holdfast(t, "sim", "--check", file); !strings.Contains(words, "2 calls, no failures.") {
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

// failing runs a command line and returns its standard output and exit code.
func failing(args ...string) (string, int) {
	var stdout, stderr bytes.Buffer
	code := run(args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), code
}

// TestSimPlanted runs sim with an injected bug. The golden file holds the output without the version and the drawn
// configuration. The test then checks and replays the trace that sim wrote.
func TestSimPlanted(t *testing.T) {
	directory := t.TempDir()
	words, code := failing("sim", "--plant", "no-sandbox-references", "--seed", "8", "--ops", "2000", "--workers", "1",
		"--output", directory)
	if code != exitFindings {
		t.Errorf("exit code %d", code)
	}
	_, failure, _ := strings.Cut(words, "\nSeed ")
	failure = strings.ReplaceAll("Seed "+failure, directory+string(filepath.Separator), "")
	var kept []string
	for line := range strings.Lines(failure) {
		if !strings.HasPrefix(line, "holdfast ") && !strings.HasPrefix(line, "drawn: ") {
			kept = append(kept, line)
		}
	}
	checkGolden(t, "testdata/sim-planted.txt", strings.ReplaceAll(strings.Join(kept, ""), "\n\n\n", "\n\n"))

	files, err := filepath.Glob(filepath.Join(directory, "sim-*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	words, code = failing("sim", "--check", files[0], "--plant", "no-sandbox-references")
	if code != exitFindings || !strings.Contains(words, string(oracle.LostObject)) {
		t.Errorf("exit code %d: %s", code, words)
	}
	if words := holdfast(t, "sim", "--check", files[0]); !strings.Contains(words, "no failures") {
		t.Error(words)
	}
	if words := holdfast(t, "replay", files[0]); !strings.Contains(words, "calls.") {
		t.Error(words)
	}
}

// TestSimDoc compares the sample in the documentation of package sim with the golden file.
func TestSimDoc(t *testing.T) {
	doc, err := os.ReadFile("../../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := os.ReadFile("testdata/sim-planted.txt")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(sample), "\nThe last of ")
	_, short, _ := strings.Cut(rest, "\n\n")
	for line := range strings.Lines(before + short) {
		if line = strings.TrimRight("//\t"+line, "\n\t"); !strings.Contains(string(doc), line+"\n") {
			t.Errorf("not in sim/doc.go:\n%s", line)
		}
	}
}

// TestSimFaults checks that only the faults of --faults happen, by weight.
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

// TestSimInterrupted interrupts a campaign.
func TestSimInterrupted(t *testing.T) {
	i := newInterrupt(func(int) { t.Error("the process would end") })
	defer i.stop()
	defer i.graceful()()
	if i.requested() {
		t.Error("requested before the signal")
	}
	i.signals <- os.Interrupt
	<-i.ctx.Done()
	for range 2 { // it stays requested
		if !i.requested() {
			t.Error("not requested after the signal")
		}
	}
	v := &simulation{console: &console{}}
	s := sim.Campaign{Config: sim.Config{Ops: 100_000, Stop: i.requested}, Seeds: 5}.Run()
	v.print(s, 0, "steps per second", 1, i.requested())
	if words := v.out.String(); !strings.Contains(words, "0 seeds, the first is 0: no failures, interrupted.") {
		t.Error(words)
	}
}

// TestSimRefuses passes invalid flags.
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
