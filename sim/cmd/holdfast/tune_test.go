package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

func init() {
	goldens = append(goldens, []struct{ name, args string }{
		{"help-tune", "tune --help"},
		{"tune", "tune --goal disk<54%,refetch=min --profile edge --days 2 --seeds 5 lru:high=40..60/10,low=20..50/10"},
		{"tune-default", "tune --goal refetch=min --profile edge --days 1 --seeds 2 --search grid kubelet:high=80..90/5"},
		{"tune-not-met", "tune --goal disk<1GB,refetch=min --profile edge --days 1 --seeds 5 lru:high=40..60/10,low=20"},
		{"tune-full", "tune --goal refetch=min --profile edge --days 2 --seeds 2 --disk 16GB kubelet:maxage=7d..14d/7d"},
		{"tune-from", "tune --goal disk<90%,refetch=min --from testdata/tiny.db.gz --profile edge --days 1 --seeds 2 kubelet:high=35..45/10,low=25"},
		{"tune-fault", "tune --goal refetch=min --profile edge --days 1 --seeds 2 --search grid --fault remove=40%,snapshotter=20% lru:high=30..40/10,low=20"},
		{"error-tune-goal", "tune"},
		{"error-tune-goal-form", "tune --goal disk<70%"},
		{"error-tune-goal-unit", "tune --goal disk<70,refetch=min"},
		{"error-tune-policy", "tune --goal refetch=min kubelet:hgh=60..70"},
		{"error-tune-one", "tune --goal refetch=min kubelet"},
		{"error-tune-search", "tune --goal refetch=min --search anneal"},
		{"error-tune-report", "tune --goal refetch=min --report TMP/nowhere/page.html"},
	}...)
}

// TestTuneOutputs prints the same search as text, JSON and a page: all name the same setting. The text and the page
// have the front and the sensitivities.
func TestTuneOutputs(t *testing.T) {
	dir := t.TempDir()
	journal, page := filepath.Join(dir, "nodes.jsonl"), filepath.Join(dir, "tune.html")
	args := []string{"tune", "--goal", "disk<54%, refetch min", "--profile", "edge", "--days", "2", "--seeds", "5", "--resume", journal, "lru:high=40..60/10,low=20..50/10"}
	printed := holdfast(t, append(args, "--report", page)...)
	var answer struct {
		Version int
		tune.Result
	}
	if err := json.Unmarshal([]byte(holdfast(t, append(args, "--json", "--workers", "1")...)), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Version != tuneVersion || answer.Pick == nil || len(answer.Sensitivity) == 0 || answer.Comparison == nil {
		t.Fatalf("%+v", answer)
	}
	html := text(t, page)
	for _, want := range []string{answer.Pick.Name, "Pareto front", "Sensitivity", answer.Front[0].Name, "high"} {
		if !strings.Contains(printed, want) || !strings.Contains(html, want) {
			t.Errorf("the text or the page lacks %q", want)
		}
	}
	if !strings.Contains(html, "holdfast tune --profile edge --policy lru:high=40..60/10,low=20..50/10") {
		t.Error("the page lacks the command")
	}
}
