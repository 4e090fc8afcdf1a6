package verbs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

const fixtures = "../../../metadata/testdata/fixtures"

// send sends a request with a body, which must succeed, and returns the value and the body of the response.
func send[Value any](t *testing.T, nodes *verbs.Nodes, verb abi.Verb, node uint32, args any, body []byte) (Value, []byte) {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	header, err := json.Marshal(abi.Request{Verb: verb, Node: node, Args: raw})
	if err != nil {
		t.Fatal(err)
	}
	h, b, err := abi.SplitFrame(nodes.Call(abi.AppendFrame(nil, header, body)))
	if err != nil {
		t.Fatal(err)
	}
	var a abi.Response[Value]
	if err := json.Unmarshal(h, &a); err != nil || a.Code != op.OK {
		t.Fatalf("%s: %s %s, %v", verb, a.Code, a.Error, err)
	}
	return a.Value, b
}

// same reports an error unless both values have the same JSON.
func same(t *testing.T, name string, got, want any, err error) {
	t.Helper()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%s: got %.500s\nwant %.500s (%v)", name, a, b, err)
	}
}

// TestFileQueries compares the answers about files with those of package examine, which the command prints.
func TestFileQueries(t *testing.T) {
	at := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for _, name := range []string{"c16-basic", "c242-labels", "c242-interrupted"} {
		body, err := os.ReadFile(filepath.Join(fixtures, name, "before.db.gz"))
		if err != nil {
			t.Fatal(err)
		}
		db, err := boltfile.ReadBytes(body)
		if err != nil {
			t.Fatal(err)
		}
		var nodes verbs.Nodes
		read, _ := send[abi.Handle](t, &nodes, "read", 0, abi.Examination{At: &at}, body)
		view, _ := send[abi.Handle](t, &nodes, "view", read.Node, abi.Examination{At: &at, Containerd: "2.4"}, nil)
		for handle, version := range map[uint32]metadata.Version{read.Node: 0, view.Node: metadata.V2_4} {
			o := examine.Options{At: at, Containerd: version}
			d, err := examine.Open(db, o)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := d.Plan()
			got, _ := send[*examine.Plan](t, &nodes, "plan", handle, abi.Plan{Others: true}, nil)
			same(t, name+": plan", got, plan, err)
			alone, _ := send[*examine.Plan](t, &nodes, "plan", handle, abi.Plan{}, nil)
			wanted := *plan
			wanted.Others = nil
			same(t, name+": plan without others", alone, &wanted, err)
			top, err := d.Top(0)
			gotTop, _ := send[*examine.Top](t, &nodes, "top", handle, abi.Top{}, nil)
			same(t, name+": top", gotTop, top, err)
			accounting, err := d.Account(examine.AccountOptions{HoldersPerSet: 2})
			gotAccounting, _ := send[*examine.Accounting](t, &nodes, "account", handle, abi.Account{HoldersPerSet: 2}, nil)
			same(t, name+": account", gotAccounting, accounting, err)
			until := at.AddDate(1, 0, 0)
			later, err := d.PlanWith(examine.PlanOptions{Delete: []string{"holder/" + accounting.Holders[0].Holder}, Until: until})
			gotLater, _ := send[*examine.Plan](t, &nodes, "plan", handle, abi.Plan{Deleted: []string{"holder/" + accounting.Holders[0].Holder}, Until: &until, Others: true}, nil)
			same(t, name+": plan until", gotLater, later, err)
			why, err := d.Why(top.Roots[0].Node, 0)
			gotWhy, _ := send[*examine.Why](t, &nodes, "why", handle, abi.Why{Node: top.Roots[0].Node}, nil)
			same(t, name+": why", gotWhy, why, err)
			fsck, err := examine.Check(db, examine.FsckOptions{Options: o})
			gotFsck, _ := send[*examine.Fsck](t, &nodes, "fsck", handle, abi.None{}, nil)
			same(t, name+": fsck", gotFsck, fsck, err)

			removed, left := send[*examine.Plan](t, &nodes, "gc", handle, abi.None{}, nil)
			same(t, name+": gc", removed.Removed, plan.Removed, nil)
			again, _ := send[abi.Handle](t, &nodes, "read", 0, abi.Examination{At: &at, Containerd: plan.Containerd}, left)
			rest, _ := send[*examine.Plan](t, &nodes, "plan", again.Node, abi.Plan{}, nil)
			if len(rest.Removed) != 0 {
				t.Errorf("%s: a second collection would remove %q", name, rest.Removed)
			}
			diff, _ := send[*examine.Diff](t, &nodes, "diff", handle, abi.Diff{With: again.Node}, nil)
			same(t, name+": diff", diff.Removed, plan.Removed, nil)
		}
		objects, err := examine.Objects(db)
		got, _ := send[[]examine.Object](t, &nodes, "objects", read.Node, abi.None{}, nil)
		same(t, name+": objects", got, objects, err)
		send[any](t, &nodes, "close", read.Node, abi.None{}, nil)
	}
}

// TestCheckDamagedFile checks a file that cannot be opened.
func TestCheckDamagedFile(t *testing.T) {
	packed, err := os.ReadFile(filepath.Join(fixtures, "c242-basic", "before.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	var nodes verbs.Nodes
	sound, _ := send[*examine.Fsck](t, &nodes, "check", 0, abi.Examination{At: &at}, packed)
	if sound.Counts[examine.Error] != 0 {
		t.Error(sound.Findings)
	}
	read, _ := send[abi.Handle](t, &nodes, "open", 0, map[string]int{"holdfast": 1}, packed)
	_, body := send[any](t, &nodes, "save", read.Node, abi.None{}, nil)
	for i := 3 * 4096; i < 6*4096; i++ {
		body[i] = 0xed
	}
	damaged, _ := send[*examine.Fsck](t, &nodes, "check", 0, abi.Examination{At: &at}, body)
	if damaged.Counts[examine.Error] == 0 {
		t.Error("no errors in a damaged file")
	}
}

// TestCheckJob compares a check in steps with a check in one call, and both with package examine: of a sound file and
// of a file with a damaged page.
func TestCheckJob(t *testing.T) {
	at := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	packed, err := os.ReadFile("../../../metadata/testdata/cases/salvage-one-leaf/meta.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(filepath.Join(fixtures, "c242-tiny", "before.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"damaged": packed, "sound": sound} {
		var nodes verbs.Nodes
		once, _ := send[*examine.Fsck](t, &nodes, "check", 0, abi.Check{Examination: abi.Examination{At: &at}}, data)
		frame := abi.AppendFrame(nil, []byte(`{"verb":"check","args":{"at":"2026-11-28T20:00:00Z","job":true}}`), data)
		header, _ := split(nodes.Call(frame))
		clear(frame) // the host frees the request
		var begun abi.Response[abi.Job]
		if err := json.Unmarshal([]byte(header), &begun); err != nil || begun.Code != op.OK {
			t.Fatalf("%s: %s (%v)", name, header, err)
		}
		job := begun.Value
		var phases []abi.CheckPhase
		for done := false; !done; {
			s, _ := send[stepResult](t, &nodes, "step", 0, abi.Step{Job: job.Job}, nil)
			var progress abi.CheckProgress
			if err := json.Unmarshal(s.Progress, &progress); err != nil {
				t.Fatal(err)
			}
			phases = append(phases, progress.Phase)
			if done = s.Done; done {
				var result examine.Fsck
				err := json.Unmarshal(s.Result, &result)
				same(t, name+": job", result, once, err)
			}
		}
		same(t, name+": phases", phases, []abi.CheckPhase{abi.PagesPhase, abi.ReadPhase, abi.RecordsPhase, ""}, nil)

		var losses boltfile.Salvage
		report, err := boltfile.CheckBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
		if err != nil {
			t.Fatal(err)
		}
		want, err := examine.Check(db, examine.FsckOptions{
			Options: examine.Options{At: at, Lost: examine.LostParts(&losses)}, Pages: &report,
		})
		if err == nil && name == "damaged" {
			before, err := boltfile.ReadBytes(data, boltfile.WithPrevious())
			want.Previous = examine.ComparePrevious(db, before, err)
			found := examine.NewScavenge()
			searched, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithScavenge(found))
			if err != nil {
				t.Fatal(err)
			}
			if want.OldRecords, err = examine.CountOldRecords(searched, &losses, found); err != nil {
				t.Fatal(err)
			}
		}
		same(t, name, once, want, err)
		if name == "damaged" && (len(once.Lost) == 0 || once.Previous == nil || once.NotChecked == nil) {
			t.Errorf("damaged: lost %v, previous %v, not checked %q", once.Lost, once.Previous, once.NotChecked)
		}
	}
}

// TestInvalidFileRequests checks the code of each invalid request about files.
func TestInvalidFileRequests(t *testing.T) {
	var nodes verbs.Nodes
	request(t, &nodes, `{"verb":"new"}`)
	for header, code := range map[string]string{
		`{"verb":"read"}`: "invalid_argument",
		`{"verb":"read","args":{"at":"2026-01-01T00:00:00Z"}}`:                    "invalid_argument",
		`{"verb":"read","args":{"at":"2026-01-01T00:00:00Z","containerd":"9.9"}}`: "invalid_argument",
		`{"verb":"check","args":{"containerd":"2.4"}}`:                            "invalid_argument",
		`{"verb":"view","node":1,"args":{"at":"2026-01-01T00:00:00Z"}}`:           "not_found",
		`{"verb":"gc","node":1}`:                                                  "not_found",
		`{"verb":"objects","node":7}`:                                             "not_found",
	} {
		if a := request(t, &nodes, header); string(a.Code) != code || a.Error == "" {
			t.Errorf("%s: code %s (%s), want %s", header, a.Code, a.Error, code)
		}
	}
}

// TestReadSalvaged compares the answers about the readable rest of a damaged file with those of package examine. What a
// lost record could change is unknown in them.
func TestReadSalvaged(t *testing.T) {
	at := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	data, err := os.ReadFile("../../../metadata/testdata/cases/salvage-one-leaf/meta.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	var losses boltfile.Salvage
	db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
	if err != nil {
		t.Fatal(err)
	}
	lost := examine.LostParts(&losses)
	d, err := examine.Open(db, examine.Options{At: at, Lost: lost})
	if err != nil {
		t.Fatal(err)
	}
	var nodes verbs.Nodes
	read, _ := send[abi.Handle](t, &nodes, "read", 0, abi.Read{Examination: abi.Examination{At: &at}, Salvage: true}, data)
	view, _ := send[abi.Handle](t, &nodes, "view", read.Node, abi.Examination{At: &at}, nil)
	for _, handle := range []uint32{read.Node, view.Node} {
		want, err := d.Account(examine.AccountOptions{})
		got, _ := send[*examine.Accounting](t, &nodes, "account", handle, abi.Account{}, nil)
		same(t, "account", got, want, err)
		if got.RetainedBytes != -1 || len(got.Withheld) == 0 {
			t.Errorf("retained bytes %d, withheld %v", got.RetainedBytes, got.Withheld)
		}
		plan, err := d.Plan()
		gotPlan, _ := send[*examine.Plan](t, &nodes, "plan", handle, abi.Plan{Others: true}, nil)
		same(t, "plan", gotPlan, plan, err)
	}
	diff, _ := send[*examine.Diff](t, &nodes, "diff", read.Node, abi.Diff{With: view.Node}, nil)
	same(t, "diff", [][]examine.LostPart{diff.LostOlder, diff.LostNewer}, [][]examine.LostPart{lost, lost}, nil)
}

// TestEmptyLists checks that the lists in an answer about an empty node are empty, and not null.
func TestEmptyLists(t *testing.T) {
	var nodes verbs.Nodes
	node, _ := send[abi.Handle](t, &nodes, "new", 0, map[string]int{"holdfast": 1}, nil)
	accounting, _ := send[map[string]json.RawMessage](t, &nodes, "account", node.Node, abi.None{}, nil)
	for _, name := range []string{"holders", "shared", "kinds"} {
		if string(accounting[name]) != "[]" {
			t.Errorf("%s: %s, want []", name, accounting[name])
		}
	}
}
