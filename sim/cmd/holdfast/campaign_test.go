package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// sameSummary checks that the JSON answer of a campaign has the summary of a JSON answer of sim, byte for byte.
func sameSummary(t *testing.T, campaign, simulation string) {
	t.Helper()
	summary := func(text string) string {
		var answer map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		for _, name := range []string{"seconds", "steps_per_second", "campaign", "failed", "distinct"} {
			delete(answer, name)
		}
		out, err := json.MarshalIndent(answer, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if got, want := summary(campaign), summary(simulation); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestCampaignEqualsSim runs the same seeds as a campaign and in one go.
func TestCampaignEqualsSim(t *testing.T) {
	for _, c := range []struct {
		name, flags, seeds, first, count string
		code                             int
	}{
		{"sound", "--ops 300", "5..44", "5", "40", exitOK},
		{"faults", "--ops 300 --faults crash=3,delay --fault-every 40 --schedule containerd", "1..20", "1", "20", exitOK},
		{"twice", "--ops 200 --check-determinism", "1..6", "1", "6", exitOK},
		{"failures", "--ops 1000 --plant flat-as-full", "0..7", "0", "8", exitFindings},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := append(strings.Fields(c.flags), "--json", "--workers", "2", "--output", t.TempDir())
			dir := t.TempDir()
			start := append([]string{"campaign", "start", "sim", "--seeds", c.seeds, "--dir", dir}, flags...)
			got, code := failing(start...)
			if code != c.code {
				t.Errorf("exit code %d", code)
			}
			want, _ := failing(append([]string{"sim", "--seed", c.first, "--seeds", c.count, "--failures", "1000"}, flags...)...)
			sameSummary(t, got, want)

			again, _ := failing("campaign", "results", "--json", "--dir", dir)
			sameSummary(t, again, want)
			again, _ = failing(start...) // nothing is left to do
			sameSummary(t, again, want)
		})
	}
}

// TestCampaignGuided runs a guided campaign with different numbers of workers. The results and the weights are equal,
// and "holdfast sim" repeats each round with its weights.
func TestCampaignGuided(t *testing.T) {
	flags := strings.Fields("campaign start sim --seeds 1..24 --guide 8 --ops 300 --shrink 1 --plant flat-as-full --json --output " + t.TempDir())
	var first string
	for _, workers := range []string{"1", "3"} {
		got, _ := failing(append(flags, "--workers", workers, "--dir", t.TempDir())...)
		if first == "" {
			first = got
		}
		sameSummary(t, got, first)
	}
	var answer simCampaignAnswer
	answer.Summary = sim.NewSummary()
	if err := json.Unmarshal([]byte(first), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Rounds) != 3 || answer.Rounds[0].Weights != "" || answer.Rounds[1].Weights == "" || answer.Rounds[1] == answer.Rounds[2] {
		t.Fatalf("%+v", answer.Rounds)
	}
	sum := sim.NewSummary()
	for _, round := range answer.Rounds {
		var alone simAnswer
		alone.Summary = sim.NewSummary()
		words, _ := failing("sim", "--json", "--seed", fmt.Sprint(round.First), "--seeds", "8", "--ops", "300", "--failures", "100", "--output", t.TempDir(),
			"--plant", "flat-as-full", "--weights", round.Weights)
		if err := json.Unmarshal([]byte(words), &alone); err != nil {
			t.Fatal(err)
		}
		sum.Merge(alone.Summary)
	}
	if answer.Failed != len(sum.Failures) || len(answer.Campaign.SetAside) > 0 || len(answer.Distinct) == 0 {
		t.Errorf("%d seeds failed, want %d: %+v", answer.Failed, len(sum.Failures), answer.Campaign)
	}
	sum.Failures = answer.Failures
	if !reflect.DeepEqual(answer.Summary, sum) {
		t.Errorf("the campaign has\n%+v\nits rounds alone have\n%+v", answer.Summary, sum)
	}
}

// TestGuidanceReplay passes a plan to a job as the log has it. Weights that do not follow from the results are an
// error.
func TestGuidanceReplay(t *testing.T) {
	params := []byte(`{"first":1,"seeds":4,"ops":200,"guide":2,"profile":"swarm"}`)
	for _, wrong := range []bool{false, true} {
		plan, err := newSimJob(&console{}, params, nil)
		if err != nil {
			t.Fatal(err)
		}
		follow, _ := newSimJob(&console{}, params, nil)
		for planned := 0; planned < 4; {
			for _, task := range plan.Plan(fleet.Pace{Room: 10, Workers: 1}) {
				data, err := plan.Run(task, func() bool { return false })
				if err != nil {
					t.Fatal(err)
				}
				planned += task.Count
				if task.First == 3 && wrong {
					task.Settings = "scheduled=1:2"
				}
				follow.Planned(task)
				for _, job := range []fleet.Job{plan, follow} {
					err := job.Add(task, fleet.Result{Data: data})
					if want := wrong && task.First >= 3 && job == follow; (err != nil) != want {
						t.Errorf("seed %d: %v", task.First, err)
					}
				}
			}
		}
	}
}

// TestCampaignEqualsCompare runs the same comparison as a campaign and in one go.
func TestCampaignEqualsCompare(t *testing.T) {
	own, err := profile.Text("edge")
	if err != nil {
		t.Fatal(err)
	}
	file, root := filepath.Join(t.TempDir(), "own.yaml"), t.TempDir()
	database := filepath.Join(root, "io.containerd.metadata.v1.bolt", "meta.db")
	err = errors.Join(os.WriteFile(file, own, 0o600), os.Mkdir(filepath.Dir(database), 0o700), os.WriteFile(database, []byte(text(t, "testdata/tiny.db.gz")), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, args string }{
		{"profile", "kubelet lru --days 1 --seeds 2"},
		{"file", "kubelet --days 1 --seeds 2 --no-clairvoyant --profile-file " + file},
		{"database", "lru --days 0.5 --seeds 2 --seed 9 --disk 60GB --from testdata/tiny.db.gz"},
		{"databases", "kubelet --profile edge --days 0.2 --from testdata/tiny.db.gz testdata/tiny-collected.db.gz testdata/tiny.db.gz"},
		{"folder", "lru --profile edge --days 0.2 --seeds 5 --from testdata"},
		{"root directory", "lru --profile edge --days 0.2 --seeds 2 --from " + root},
		{"trace", "kubelet lru --disk 10kB --trace testdata/load.jsonl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			args := append(strings.Fields(c.args), "--json")
			want := holdfast(t, append([]string{"compare"}, args...)...)
			sameSummary(t, holdfast(t, append([]string{"campaign", "start", "study", "--dir", dir}, args...)...), want)
			sameSummary(t, holdfast(t, "campaign", "results", "--json", "--dir", dir), want)
			if words := holdfast(t, "campaign", "results", "--dir", dir); !strings.Contains(words, "Run it again: holdfast compare --") {
				t.Error(words)
			}
		})
	}
}

// TestCampaignLaws checks two laws as a campaign. The numbers of histories are those of single checks.
func TestCampaignLaws(t *testing.T) {
	laws := []proptest.LawName{proptest.ReachableStays, proptest.FlatLease}
	cases := map[proptest.LawName]int{}
	for seed, n := range map[int64]int{7: 50, 8: 50, 9: 20} {
		report := proptest.Check(proptest.Engine(), proptest.WithSeed(seed), proptest.WithCases(n), proptest.WithLaws(laws...))
		for _, l := range report.Laws {
			cases[l.Law] += l.Cases
		}
	}
	dir := t.TempDir()
	args := []string{"campaign", "start", "laws", "--seed", "7", "--histories", "120", "--json", "--dir", dir, "--law", string(laws[0]), "--law", string(laws[1])}
	var answer lawsAnswer
	if err := json.Unmarshal([]byte(holdfast(t, args...)), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Laws) != 2 || len(answer.Broken) > 0 || answer.Campaign.Tasks != 3 || answer.Campaign.Done != 120 {
		t.Errorf("%+v", answer)
	}
	for _, l := range answer.Laws {
		if l.Cases != cases[l.Law] {
			t.Errorf("%s: %d histories, want %d", l.Law, l.Cases, cases[l.Law])
		}
	}
	if words := holdfast(t, "campaign", "results", "--dir", dir); !strings.Contains(words, "120 histories of each law: no law is broken.") {
		t.Error(words)
	}
}

// TestLawsReport writes the page of a campaign of laws with a counterexample.
func TestLawsReport(t *testing.T) {
	job, err := newLawsJob(&console{}, []byte(`{"seed":3,"histories":10}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(lawsResult{
		Laws:   []lawResult{{proptest.FlatLease, 5, ""}},
		Broken: []*brokenLaw{{proptest.FlatLease, "the rule", "a <detail>", []int64{4}, "the trace", "shape"}},
	})
	if err == nil {
		err = job.Add(fleet.Task{First: 4, Count: 5}, fleet.Result{Seconds: 2, Data: data})
	}
	if err != nil {
		t.Fatal(err)
	}
	page, dir := filepath.Join(t.TempDir(), "laws.html"), t.TempDir()
	if err := job.show(showOptions{output: dir, report: page}); !errors.Is(err, errFindings) {
		t.Error(err)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"5 histories of each law, distinct counterexamples: 1; the campaign is not done", "the rule", "a &lt;detail&gt;", "the trace", ">2.50<",
		"holdfast replay " + filepath.Join(dir, "law-1.jsonl"), "campaign start laws --seed 4 --histories 50", string(proptest.FlatLease), "</html>",
	} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("no %q in %s", want, html)
		}
	}
}

// TestLawsMerge merges counterexamples in two orders. Those that differ in names only become one, with the first seed.
func TestLawsMerge(t *testing.T) {
	results := [][]byte{}
	for seed, shape := range []string{"a", "b", "a"} {
		data, err := json.Marshal(lawsResult{
			Laws:   []lawResult{{proptest.FlatLease, 5, ""}},
			Broken: []*brokenLaw{{proptest.FlatLease, "rule", "detail", []int64{int64(seed)}, fmt.Sprint("trace ", seed), shape}},
		})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, data)
	}
	merge := func(order ...int) string {
		job, err := newLawsJob(&console{}, []byte("{}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range order {
			if err := job.Add(fleet.Task{Count: 5}, fleet.Result{Data: results[i]}); err != nil {
				t.Fatal(err)
			}
		}
		text, _ := json.Marshal(job.(*lawsJob).merged)
		return string(text)
	}
	want := strings.ReplaceAll(`{"laws":[{"law":"LAW","cases":15}],"broken":[`+
		`{"law":"LAW","rule":"rule","detail":"detail","seeds":[0,2],"trace":"trace 0","shape":"a"},`+
		`{"law":"LAW","rule":"rule","detail":"detail","seeds":[1],"trace":"trace 1","shape":"b"}]}`, "LAW", string(proptest.FlatLease))
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		if got := merge(order...); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestCampaignFailures reads the failures of a campaign: each distinct one is shown once, and its trace is written.
func TestCampaignFailures(t *testing.T) {
	dir, traces := t.TempDir(), t.TempDir()
	args := strings.Fields("campaign start sim --seeds 0..11 --ops 1000 --plant flat-as-full --shrink 3 --output " + traces + " --dir " + dir)
	words, code := failing(args...)
	if code != exitFindings {
		t.Errorf("exit code %d", code)
	}
	words2, code := failing("campaign", "results", "--json", "--dir", dir)
	if code != exitFindings {
		t.Errorf("exit code %d", code)
	}
	var answer simCampaignAnswer
	answer.Summary = sim.NewSummary()
	if err := json.Unmarshal([]byte(words2), &answer); err != nil {
		t.Fatal(err)
	}
	shrunk := 0
	for _, d := range answer.Distinct {
		shrunk += len(d.Seeds)
		if title := fmt.Sprintf("Seed %d: %s", d.Seeds[0], d.Rule); strings.Count(words, title) != 1 {
			t.Errorf("%q is %d times in\n%s", title, strings.Count(words, title), words)
		}
		file := filepath.Join(traces, fmt.Sprintf("sim-%d.jsonl", d.Seeds[0]))
		if out, code := failing("sim", "--check", file, "--plant", "flat-as-full"); code != exitFindings || !strings.Contains(out, d.Rule) {
			t.Errorf("exit code %d: %s", code, out)
		}
	}
	if answer.Failed < 8 || shrunk != len(answer.Failures) || shrunk >= answer.Failed || len(answer.Distinct) == 0 {
		t.Errorf("%d seeds failed, %d were shrunk, %d failures, %d distinct ones", answer.Failed, shrunk, len(answer.Failures), len(answer.Distinct))
	}
	page := filepath.Join(t.TempDir(), "report.html")
	if _, code := failing("campaign", "results", "--report", page, "--dir", dir); code != exitFindings {
		t.Errorf("exit code %d", code)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{answer.Distinct[0].Rule, "holdfast replay sim-", "--plant flat-as-full", "situation</th>", ">never</td>"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("no %q in %s", want, html)
		}
	}
	if !strings.Contains(words, "further seed") || !strings.Contains(words, plural(answer.Failed, "seed failed", "seeds failed")) {
		t.Error(words)
	}
}

// TestCampaignQueries reads a finished campaign, and cancels it.
func TestCampaignQueries(t *testing.T) {
	dir := t.TempDir()
	holdfast(t, "campaign", "start", "sim", "--seeds", "3", "--ops", "200", "--dir", dir)
	var status campaignInfo
	if err := json.Unmarshal([]byte(holdfast(t, "campaign", "status", "--json", "--dir", dir)), &status); err != nil {
		t.Fatal(err)
	}
	if status.Done != 3 || status.Total != 3 || !status.Complete || status.Tasks != status.Finished || len(status.SetAside) > 0 {
		t.Errorf("%+v", status)
	}
	for _, c := range []struct{ name, args, want string }{
		{"status", "status", "3 seeds"},
		{"part of a name", "status sim-", "3 seeds"},
		{"watch", "watch", status.Name + ": done. 3 seeds"},
		{"list", "list", status.Name},
		{"list as JSON", "list --json", `"done": true`},
		{"results", "results", "3 seeds, the first is 1: no failures."},
		{"cancel", "cancel " + status.Name, "cancelled"},
		{"list of nothing", "list --json", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			words := holdfast(t, append(append([]string{"campaign"}, strings.Fields(c.args)...), "--dir", dir)...)
			if !strings.Contains(words, c.want) {
				t.Errorf("no %q in %s", c.want, words)
			}
		})
	}
	if files, err := filepath.Glob(filepath.Join(dir, "jetstream/jetstream/$G/streams/*"+status.Name)); err != nil || len(files) > 0 {
		t.Errorf("left after cancel: %v %v", files, err)
	}
}

// TestCampaignRefuses passes command lines with mistakes.
func TestCampaignRefuses(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, args string
		code       int
		want       string
	}{
		{"range", "start sim --seeds 9..1", exitUsage, "--seeds 9..1: must be"},
		{"half a range", "start sim --seeds 9..", exitUsage, "--seeds 9..: must be"},
		{"word", "start sim --seeds many", exitUsage, "--seeds many: must be"},
		{"two first seeds", "start sim --seeds 1..2 --seed 3", exitUsage, "--seed: --seeds has"},
		{"profile", "start sim --profile none", exitUsage, "--profile none: must be"},
		{"guide", "start sim --guide -1", exitUsage, "--guide -1"},
		{"shrink", "start sim --shrink -1", exitUsage, "--shrink -1"},
		{"ack wait", "start sim --ack-wait 1ms", exitUsage, "--ack-wait 1ms"},
		{"attempts", "start sim --attempts 0", exitUsage, "--attempts 0"},
		{"figures of a study", "start study --csv DIR", exitFile, "--csv: the directory"},
		{"days", "start study --days -1", exitUsage, "--days -1"},
		{"no database", "start study --from DIR/none.db", exitFile, "none.db"},
		{"no database in a folder", "start study --from testdata/golden", exitFile, "neither the root directory of a daemon nor a folder"},
		{"damaged database", "start study --from testdata/tiny.db.gz testdata/usage.txt", exitFile, "usage.txt"},
		{"few seeds", "start study --seeds 1 --from testdata", exitUsage, "1 seeds: fewer than the 4 databases"},
		{"standard input twice", "start study --from - --from -", exitUsage, "standard input can be read only once"},
		{"histories", "start laws --histories -1", exitUsage, "--histories -1"},
		{"law", "start laws --law gravity", exitUsage, "--law gravity: must be one of"},
		{"nobody works", "start sim --coordinate-only --dir DIR", exitUsage, "no worker could come"},
		{"secret in the URL", "status --server nats://secret@127.0.0.1:4222", exitUsage, "must not contain a token"},
		{"no URL", "status --server 4222", exitUsage, "must be a URL"},
		{"server and directory", "status --server nats://127.0.0.1:4222 --dir DIR", exitUsage, "cannot be combined"},
		{"nobody listens", "status --server nats://127.0.0.1:9", exitFile, "no connection to nats://127.0.0.1:9"},
		{"nobody serves", "work --dir DIR", exitFile, "no process serves the campaigns"},
		{"open to the network", "start sim --serve 0.0.0.0:0 --dir DIR", exitFile, "require a token or client certificates"},
		{"no address", "start sim --serve here:there --dir DIR", exitFile, "must be HOST:PORT or PORT"},
		{"empty token", "status --token-file EMPTY --dir DIR", exitFile, "the file is empty"},
		{"certificate without key", "start sim --serve 0 --tls-cert EMPTY --dir DIR", exitUsage, "both are necessary"},
		{"no authorities", "status --tls-ca EMPTY --server nats://127.0.0.1:9", exitFile, "no certificate in PEM form"},
		{"no campaign", "status --dir DIR", exitUsage, "there are no campaigns"},
		{"unknown campaign", "status sim-x --dir DIR", exitUsage, "sim-x: no such campaign"},
		{"cancel without a name", "cancel --dir DIR", exitUsage, "expects NAME"},
		{"unknown kind", "start sims", exitUsage, "start sims: must be one of sim, study, laws"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(c.args, "DIR", filepath.Join(dir, "campaigns")), "EMPTY", empty))
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"campaign"}, args...), strings.NewReader(""), &stdout, &stderr)
			if code != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d: %s", code, stderr.String())
			}
		})
	}
}
