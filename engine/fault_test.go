package engine_test

import (
	"errors"
	"strings"
	"testing"

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
