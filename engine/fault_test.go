package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// faultCalls lists each target with the calls at which a fault can occur, as the documentation of [engine.Fault] does.
var faultCalls = map[string]string{
	"content":          "info walk delete status list abort writer reader write truncate commit",
	"snapshots/native": "stat update usage mounts prepare view commit remove walk",
	"kv":               "view update commit",
	"collectors/9":     "start cancel finish remove",
}

// allCalls are Ops that make every call of a node to its environment. Some of them fail.
var allCalls = []string{
	`{"op":"leases.create","ns":"default","id":"l"}`,
	`{"op":"writers.open","ns":"default","lease":"l","name":"w","ref":"r"}`,
	`{"op":"writers.write","name":"w","data":"a"}`,
	`{"op":"writers.truncate","name":"w"}`,
	`{"op":"writers.write","name":"w","data":"a"}`,
	`{"op":"content.status","ns":"default","ref":"r"}`,
	`{"op":"content.liststatuses","ns":"default"}`,
	`{"op":"writers.commit","ns":"default","lease":"l","name":"w"}`,
	`{"op":"content.info","ns":"default","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}`,
	`{"op":"writers.open","ns":"default","name":"shared","ref":"shared","desc":{"digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":"1"}}`,
	`{"op":"writers.open","ns":"other","name":"shared","ref":"shared","desc":{"digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":"1"}}`,
	`{"op":"content.update","ns":"default","info":{"digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","labels":{"x":"y"}}}`,
	`{"op":"content.read","ns":"default","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}`,
	`{"op":"content.walk","ns":"default"}`,
	`{"op":"writers.open","ns":"default","lease":"l","name":"open","ref":"open"}`,
	`{"op":"writers.close","name":"open"}`,
	`{"op":"content.abort","ns":"default","ref":"open"}`,
	`{"op":"snapshots.prepare","ns":"default","lease":"l","snapshotter":"native","key":"s"}`,
	`{"op":"snapshots.view","ns":"default","lease":"l","snapshotter":"native","key":"v"}`,
	`{"op":"snapshots.mounts","ns":"default","snapshotter":"native","key":"s"}`,
	`{"op":"snapshots.usage","ns":"default","snapshotter":"native","key":"s"}`,
	`{"op":"snapshots.stat","ns":"default","snapshotter":"native","key":"s"}`,
	`{"op":"snapshots.update","ns":"default","snapshotter":"native","info":{"name":"s","labels":{"x":"y"}}}`,
	`{"op":"snapshots.commit","ns":"default","lease":"l","snapshotter":"native","key":"s","name":"c"}`,
	`{"op":"snapshots.walk","ns":"default","snapshotter":"native"}`,
	`{"op":"writers.close","name":"shared"}`,
	`{"op":"content.abort","ns":"other","ref":"shared"}`,
	`{"op":"leases.delete","ns":"default","id":"l"}`,
	`{"op":"collect"}`,
	`{"op":"faults.set","name":"failing commit","fault":{"on":"kv","call":"commit","error":"unavailable"}}`,
	`{"op":"collect"}`, // which cancels the Collector's part
}

// TestFaultCalls checks that every documented call is accepted, and that a fault occurs there.
func TestFaultCalls(t *testing.T) {
	for target, calls := range faultCalls {
		for call := range strings.FieldsSeq(calls) {
			t.Run(target+" "+call, func(t *testing.T) {
				e := newEngine(t)
				must(t, e, `{"op":"collectors.set","type":9,"script":{"label":"stream","things":[{"namespace":"default","key":"garbage"}]}}`)
				if err := e.SetFault("slow", engine.Fault{On: target, Call: call, Delay: 1}); err != nil {
					t.Fatal(err)
				}
				for _, line := range allCalls {
					apply(t, e, line)
				}
				if e.Clock().Now().Equal(engine.Start) {
					t.Error("no call was delayed")
				}
			})
		}
	}
}

// TestUnknownFaultNames checks that a fault with an unknown name is an error, with the names that were probably meant.
func TestUnknownFaultNames(t *testing.T) {
	e := newEngine(t)
	for _, test := range []struct{ on, call, want string }{
		{"nonsense", "", `target "nonsense": unknown; known are content, snapshots/native, snapshots/overlayfs, kv, collectors/`},
		{"contnet", "", "; did you mean content?"},
		{"snapshots", "", `target "snapshots"`},
		{"snapshots/", "", `target "snapshots/"`},
		{"snapshots/nativ", "", "; did you mean snapshots/native?"},
		{"collectors/5", "", `target "collectors/5"`}, // content has no Collector
		{"collectors/09", "", `target "collectors/09"`},
		{"content/x", "", `target "content/x"`},
		{"content", "update", `call "update": unknown`}, // labels of content are in the database
		{"content", "wirter", `call "wirter": unknown; known are abort, commit, `},
		{"content", "wirter", "; did you mean writer"},
		{"kv", "delete", `call "delete": unknown; known are commit, update, view`},
		{"", "nonsense", `call "nonsense": unknown; known are abort, cancel, commit, delete, finish, `},
	} {
		err := e.SetFault("x", engine.Fault{On: test.on, Call: test.call, Error: op.Unavailable})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), `fault "x": `) || !errors.Is(err, errdefs.ErrInvalidArgument) {
			t.Errorf("on %q, call %q: %v, want an invalid argument with %s", test.on, test.call, err, test.want)
		}
	}
	for _, f := range []engine.Fault{{}, {On: "collectors/10"}, {Call: "finish"}, {On: "snapshots/overlayfs", Call: "walk"}} {
		f.Error = op.Unavailable
		if err := e.SetFault("x", f); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// databaseWaits are Ops with a call to the database at which a fault makes them wait.
var databaseWaits = []struct {
	name  string
	fault string // its place
	setup []string
	op    string // without its timeout
	then  step   // shows whether the Op took effect
}{
	{"a list", `"call":"view"`, nil, `{"op":"leases.list","ns":"default"`, step{`{"op":"leases.list","ns":"default"}`, op.OK}},
	{"a read of a snapshot", `"call":"view"`, []string{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`},
		`{"op":"snapshots.stat","ns":"default","snapshotter":"native","key":"k"`, step{`{"op":"leases.list","ns":"default"}`, op.OK}},
	{"before a transaction", `"call":"update"`, nil, `{"op":"leases.create","ns":"default","id":"l"`,
		step{`{"op":"leases.delete","ns":"default","id":"l"}`, op.NotFound}},
	{"before a commit", `"call":"commit"`, nil, `{"op":"leases.create","ns":"default","id":"l"`,
		step{`{"op":"leases.delete","ns":"default","id":"l"}`, op.NotFound}},
	{"after a commit", `"call":"commit","after":true`, nil, `{"op":"leases.create","ns":"default","id":"l"`,
		step{`{"op":"leases.delete","ns":"default","id":"l"}`, op.OK}},
	{"a namespace", `"call":"commit"`, nil, `{"op":"namespaces.create","name":"n"`, step{`{"op":"namespaces.delete","name":"n"}`, op.NotFound}},
	{"the labels of a namespace", `"call":"view"`, []string{`{"op":"namespaces.create","name":"n"}`}, `{"op":"namespaces.labels","name":"n"`,
		step{`{"op":"namespaces.delete","name":"n"}`, op.OK}},
	{"the mark of a collection", `"call":"view"`, []string{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`}, `{"op":"collect"`,
		step{`{"op":"snapshots.remove","ns":"default","snapshotter":"native","key":"k"}`, op.OK}},
	{"the sweep of a collection", `"call":"commit"`, []string{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`}, `{"op":"collect"`,
		step{`{"op":"snapshots.remove","ns":"default","snapshotter":"native","key":"k"}`, op.OK}},
	{"a collection that locks writers out", `"call":"commit"`, []string{`{"op":"snapshots.prepare","ns":"default","snapshotter":"misplaced/x","key":"k"}`},
		`{"op":"collect"`, step{`{"op":"leases.list","ns":"default"}`, op.OK}},
	{"a usage", `"call":"view"`, []string{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`},
		`{"op":"snapshots.setusage","ns":"default","snapshotter":"native","key":"k","usage":{"size":"1"}`, step{`{"op":"leases.list","ns":"default"}`, op.OK}},
	{"the begin of a transaction of Ops", `"call":"update"`, nil, `{"op":"tx.begin","name":"t","writable":true`, step{`{"op":"tx.rollback","name":"t"}`, op.NotFound}},
	{"the commit of a transaction of Ops", `"call":"commit"`,
		[]string{`{"op":"tx.begin","name":"t","writable":true,"timeout":"1s"}`, `{"op":"leases.create","ns":"default","id":"l","tx":"t"}`},
		`{"op":"tx.commit","name":"t"`, step{`{"op":"leases.delete","ns":"default","id":"l"}`, op.NotFound}},
	{"a start of the daemon", `"call":"update"`, nil, `{"op":"node.restart"`, step{`{"op":"leases.list","ns":"default"}`, op.Down}},
}

// TestDatabaseWaitsEndAtTheTimeout makes the database hang, or slower than the timeout of an Op. The Op ends at its
// timeout. The trace of the Ops replays to the same hash.
func TestDatabaseWaitsEndAtTheTimeout(t *testing.T) {
	for _, c := range databaseWaits {
		for _, effect := range []string{`"hang":true`, `"delay":"1h"`} {
			for _, turns := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/turns=%t", c.name, effect, turns), func(t *testing.T) {
					setup := engine.Setup{Holdfast: op.Version, Snapshotters: []string{"native", "misplaced/x"}, Turns: turns}
					options, err := setup.Options()
					if err != nil {
						t.Fatal(err)
					}
					e := newEngine(t, options...)
					var all []step
					for _, line := range c.setup {
						all = append(all, step{line, op.OK})
					}
					all = append(all, step{`{"op":"faults.set","name":"disk","fault":{"on":"kv","times":"1",` + c.fault + `,` + effect + `}}`, op.OK})
					if turns {
						all = append(all, []step{
							{c.op + `,"timeout":"1m","call":"c"}`, op.Pending},
							{`{"op":"clock.advance","by":"59s"}`, op.OK},
							{`{"op":"calls.resume","name":"c"}`, op.Pending},
							{`{"op":"clock.advance","by":"1s"}`, op.OK},
							{`{"op":"calls.resume","name":"c"}`, op.DeadlineExceeded},
						}...)
					} else {
						all = append(all, step{c.op + `,"timeout":"1m"}`, op.DeadlineExceeded})
					}
					steps(t, e, all)
					if now, want := e.Clock().Now(), engine.Start.Add(time.Minute); !now.Equal(want) {
						t.Errorf("the clock shows %v, want %v", now, want)
					}
					all = append(all, c.then)
					steps(t, e, all[len(all)-1:])

					var trace bytes.Buffer
					w, err := engine.NewTraceWriter(&trace, setup)
					if err != nil {
						t.Fatal(err)
					}
					for _, s := range all {
						o, _ := op.Parse([]byte(s.line))
						if err := w.Write(o); err != nil {
							t.Fatal(err)
						}
					}
					if replayed, err := engine.Replay(t.Context(), &trace, nil); err != nil || replayed.Hash() != e.Hash() {
						t.Errorf("the replay differs: %v", err)
					}
				})
			}
		}
	}
}

// TestCleaningWaitEndsAtTheTimeout makes the database hang while a collection cleans a backend. The collection has
// succeeded before, and ends at its timeout.
func TestCleaningWaitEndsAtTheTimeout(t *testing.T) {
	const digest = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	for _, c := range []struct{ name, garbage, nth string }{
		{"a walk of a snapshotter", `{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`, "2"},
		{"a removal from a snapshotter", `{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`, "3"},
		{"content", `{"op":"content.place","digest":"` + digest + `","size":"1"}`, "3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, engine.WithTurns(), engine.WithSnapshotters("native"))
			must(t, e, c.garbage, `{"op":"faults.set","name":"disk","fault":{"on":"kv","call":"view","nth":"`+c.nth+`","hang":true}}`)
			steps(t, e, []step{
				{`{"op":"collect","timeout":"1m","call":"c"}`, op.Pending},
				{`{"op":"faults.clear"}`, op.OK},
				{`{"op":"clock.advance","by":"1m"}`, op.OK},
				{`{"op":"calls.resume","name":"c"}`, op.OK},
			})
		})
	}
}

// TestDatabaseWaitIsRecorded records calls of stores that wait for the database. Their contexts end in virtual time.
// The recording replays to the same hash.
func TestDatabaseWaitIsRecorded(t *testing.T) {
	e := newEngine(t)
	r, err := engine.Record(e)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range []engine.Fault{{Hang: true}, {Delay: time.Hour}, {Hang: true, After: true}} {
		f.On, f.Call, f.Times = "kv", "commit", 1
		if err := r.Apply(t.Context(), engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "disk", Fault: f}}).Err(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := e.Clock().WithTimeout(namespaced("default"), time.Minute)
		defer cancel()
		if _, err := r.Leases().Create(ctx, leases.WithID(fmt.Sprint(i))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if now, want := e.Clock().Now(), engine.Start.Add(3*time.Minute); !now.Equal(want) {
		t.Errorf("the clock shows %v, want %v", now, want)
	}
	if all, err := e.Leases().List(namespaced("default")); err != nil || len(all) != 1 || all[0].ID != "2" {
		t.Errorf("%v, %v, want only the lease that was committed before the fault", all, err)
	}
	var trace bytes.Buffer
	if _, err := r.WriteTo(&trace); err != nil {
		t.Fatal(err)
	}
	if replayed, err := engine.Replay(t.Context(), &trace, nil); err != nil || replayed.Hash() != e.Hash() {
		t.Errorf("the replay differs: %v", err)
	}
}

// TestDatabaseHangIsCancelled cancels a call that waits for the database without a timeout. Without turns, nothing can
// end it.
func TestDatabaseHangIsCancelled(t *testing.T) {
	hang := step{`{"op":"faults.set","name":"disk","fault":{"on":"kv","call":"update","times":"1","hang":true}}`, op.OK}
	steps(t, newEngine(t, engine.WithTurns()), []step{
		hang,
		{`{"op":"leases.create","ns":"default","id":"l","call":"c"}`, op.Pending},
		{`{"op":"clock.advance","by":"1h"}`, op.OK},
		{`{"op":"calls.resume","name":"c"}`, op.Pending},
		{`{"op":"calls.cancel","name":"c"}`, op.OK},
		{`{"op":"calls.resume","name":"c"}`, op.Canceled},
	})
	steps(t, newEngine(t), []step{hang, {`{"op":"leases.create","ns":"default","id":"l"}`, op.Canceled}})
}

// TestWaitsOfWriters delays calls of a writer that take no context. They wait in the Op that makes them, also after the
// Op that opened the writer has ended, and end with its timeout.
func TestWaitsOfWriters(t *testing.T) {
	for call, o := range map[string]string{
		"write":    `{"op":"writers.write","name":"w","data":"YQ=="`,
		"truncate": `{"op":"writers.truncate","name":"w"`,
	} {
		for _, c := range []struct {
			effect, timeout string
			code            op.Code
			takes           time.Duration
		}{
			{`"delay":"1m"`, "", op.OK, time.Minute},
			{`"delay":"1m"`, `,"timeout":"2m"`, op.OK, time.Minute},
			{`"delay":"1h"`, `,"timeout":"2m"`, op.DeadlineExceeded, 2 * time.Minute},
			{`"hang":true`, `,"timeout":"2m"`, op.DeadlineExceeded, 2 * time.Minute},
		} {
			e := newEngine(t)
			steps(t, e, []step{
				{`{"op":"writers.open","ns":"default","name":"w","ref":"r","timeout":"1s"}`, op.OK},
				{`{"op":"faults.set","name":"slow","fault":{"on":"content","call":"` + call + `","times":"1",` + c.effect + `}}`, op.OK},
				{o + c.timeout + "}", c.code},
			})
			if got := e.Clock().Now().Sub(engine.Start); got != c.takes {
				t.Errorf("%s with %s%s takes %v, want %v", call, c.effect, c.timeout, got, c.takes)
			}
			steps(t, e, []step{{`{"op":"writers.write","name":"w","data":"YQ=="}`, op.OK}, {`{"op":"writers.close","name":"w"}`, op.OK}})
		}
	}
}
