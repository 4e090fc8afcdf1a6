package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

func init() {
	goldens = append(goldens, []struct{ name, args string }{
		{"help-compare", "compare --help"},
		{"compare", "compare --profile edge --days 2 --seeds 2 kubelet kubelet:maxage=12h lru:high=30,low=20"},
		{"compare-wide", "compare --profile edge --days 2 --seeds 5 --wide kubelet kubelet:maxage=12h"},
		{"compare-sure", "compare --profile edge --days 4 --seeds 5 none lru:high=30,low=20 never+lru"},
		{"compare-one", "compare --profile edge --days 1 --seeds 1 --seed 3 --policy interval:2h+ttl:after=6h --no-clairvoyant"},
		{"compare-full", "compare --profile edge --days 2 --seeds 2 --disk 16GB --policy none --policy never+lru"},
		{"compare-trace", "compare --trace testdata/load.jsonl --disk 10kB none lru kubelet interval:1h+ttl:after=1d"},
		{"compare-from", "compare --from testdata/tiny.db.gz --profile edge --days 1 --seeds 2 --policy @testdata/policies.txt"},
		{"compare-range", "compare --profile edge --days 1 --seeds 1 --no-clairvoyant kubelet:high=35..45/10,low=25..35/10"},
		{"compare-fleet", "compare --from testdata --profile edge --days 0.2 --seeds 5 kubelet"},
		{"compare-shipped-k8s-node", "compare --profile k8s-node --days 14 --seeds 1"},
		{"compare-shipped-multi-tenant", "compare --profile multi-tenant --days 0.5 --seeds 1"},
		{"compare-shipped-edge", "compare --profile edge --days 30 --seeds 1"},
		{"compare-shipped-ci-runner", "compare --profile ci-runner --days 3 --seeds 1 --seed 3"},
		{"compare-shipped-build-host", "compare --profile build-host --days 0.7 --seeds 1"},
		{"compare-fault", "compare --profile edge --days 4 --seeds 2 --fault remove=40% --fault snapshotter=20% kubelet:maxage=1d docker:all=true none"},
		{"error-compare-fault", "compare --fault disk=1%"},
		{"error-compare-range", "compare kubelet:high=90..70"},
		{"error-compare-no-setting", "compare kubelet:high=10..20,low=50"},
		{"error-compare-folder", "compare --from testdata/golden"},
		{"error-compare-resume", "compare --resume testdata/usage.txt"},
		{"error-compare-policy", "compare kubelt"},
		{"error-compare-parameter", "compare --policy kubelet:hihg=85"},
		{"error-compare-twice", "compare kubelet kubelet:high=85"},
		{"error-compare-schedules", "compare never+interval"},
		{"error-compare-file", "compare @TMP/nowhere.txt"},
		{"error-compare-lines", "compare @testdata/usage.txt"},
		{"error-compare-profile", "compare --profile desktop"},
		{"error-compare-profile-file", "compare --profile-file testdata/usage.txt"},
		{"error-compare-no-profile-file", "compare --profile-file TMP/nowhere.yaml"},
		{"error-compare-both", "compare --profile edge --profile-file testdata/usage.txt"},
		{"error-compare-trace", "compare --trace testdata/usage.txt"},
		{"error-compare-empty-trace", "compare --trace testdata/replay.jsonl"},
		{"error-compare-no-trace", "compare --trace TMP/nowhere.jsonl"},
		{"error-compare-trace-and", "compare --trace testdata/load.jsonl --from testdata/tiny.db.gz"},
		{"error-compare-from", "compare --from TMP/text.db"},
		{"error-compare-foreign", "compare --from TMP/foreign.db"},
		{"error-compare-disk", "compare --disk 50%"},
		{"error-compare-small-disk", "compare --disk 5GB"},
		{"error-compare-days", "compare --days -1"},
		{"error-compare-seeds", "compare --seeds 0"},
		{"error-compare-workers", "compare --workers -1"},
		{"error-compare-report", "compare --profile edge --days 0.1 --seeds 1 --no-clairvoyant lru --report TMP/root"},
		{"error-compare-report-nowhere", "compare --days 3000 --seeds 1000 --report TMP/nowhere/report.html"},
		{"error-compare-csv", "compare --days 3000 --seeds 1000 --csv TMP/nowhere"},
		{"error-sim-output", "sim --seeds 0 --output TMP/nowhere"},
	}...)
}

// TestCompareFiles writes a comparison as JSON, CSV, SVG and HTML, with one worker and with two: the bytes are the
// same.
func TestCompareFiles(t *testing.T) {
	var previous map[string]string
	for workers := range 2 {
		dir := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(dir, "csv"), 0o700), os.Mkdir(filepath.Join(dir, "svg"), 0o700)); err != nil {
			t.Fatal(err)
		}
		args := []string{"compare", "--profile", "edge", "--days", "1", "--seeds", "2", "kubelet", "lru", "--json",
			"--csv", filepath.Join(dir, "csv"), "--svg", filepath.Join(dir, "svg"), "--workers", string(rune('1' + workers))}
		var answer struct {
			Version int
			compare.Result
		}
		printed := holdfast(t, args...)
		if err := json.Unmarshal([]byte(printed), &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Version != compareVersion || len(answer.Policies) != 3 || answer.Load.Name != "edge" || answer.Policies[0].Metrics[0].Mean == 0 {
			t.Errorf("%+v", answer)
		}
		page := filepath.Join(dir, "page.html")
		holdfast(t, append(args[:len(args)-2:len(args)-2], "--report", page)...)
		files := map[string]string{"": printed}
		for _, name := range report.Sheets() {
			files[name] = text(t, filepath.Join(dir, "csv", name+".csv"))
		}
		for _, name := range report.Figures() {
			files["figure "+name] = text(t, filepath.Join(dir, "svg", name+".svg"))
		}
		html := text(t, page)
		if again := "holdfast compare --profile edge --policy kubelet --policy lru --days 1 --seeds 2 --seed 1 --report "; !strings.Contains(html, again) {
			t.Errorf("the report does not contain the command %q", again)
		}
		for name, written := range files {
			if written == "" || previous != nil && previous[name] != written {
				t.Errorf("%q: its %d bytes are empty or differ from those with one worker", name, len(written))
			}
		}
		previous = files
	}
}

func text(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestComparePrintedNames passes a name from the table as a policy.
func TestComparePrintedNames(t *testing.T) {
	printed := holdfast(t, "compare", "--profile", "edge", "--days", "0.2", "--seeds", "1", "--no-clairvoyant", "interval every=6h + lru high=50 low=20")
	if !strings.Contains(printed, "interval every=6h + lru high=50 low=20 needs ") {
		t.Error(printed)
	}
}

// TestCompareWidth checks that the answer fits 100 columns.
func TestCompareWidth(t *testing.T) {
	printed := holdfast(t, "compare", "--profile", "edge", "--days", "0.2", "--seeds", "5", "lru", "none",
		"buildkit:all=true,reserved=10GB,max=50%+kubelet:high=70,low=60,minage=1m,maxage=7d")
	for line := range strings.Lines(printed) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > compareWidth && !strings.HasPrefix(line, "Run it again: ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestCompareProfileFile reads a user's profile.
func TestCompareProfileFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	own := strings.Replace(text(t, "../../study/profile/data/edge.yaml"), "name: edge", "name: attic", 1)
	if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"compare", "--profile-file", file, "--days", "1", "--seeds", "1", "lru"}, strings.NewReader(""), &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if !strings.HasPrefix(stdout.String(), "attic, 1 day") || stderr.Len() > 0 {
		t.Errorf("%s%s", stdout.String(), stderr.String())
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"kubelet:high=85,low=80+containerd": "kubelet:high=85,low=80+containerd", "a b": "'a b'", "": "''", "it's": `'it'\''s'`,
		"buildkit:filter=type==regular|type==internal": "'buildkit:filter=type==regular|type==internal'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}
