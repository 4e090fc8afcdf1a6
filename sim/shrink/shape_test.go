package shrink_test

import (
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// parse reads a trace, one Op per line.
func parse(t *testing.T, text string) (trace []engine.Op) {
	t.Helper()
	for line := range strings.Lines(text) {
		o, err := op.Parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		trace = append(trace, o)
	}
	return trace
}

// TestShape compares the shapes of traces that differ in names, and of traces that differ in more.
func TestShape(t *testing.T) {
	const trace = `{"op":"leases.create","ns":"n1","id":"i1"}
{"op":"leases.addresource","ns":"n1","id":"i1","resource":{"id":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","type":"content"}}
{"op":"writers.open","ns":"n1","name":"m1","ref":"r1"}
{"op":"writers.write","name":"m1","data":"layer 1"}`
	shape := shrink.Shape(parse(t, trace))
	if !strings.HasPrefix(shape, `{"id":"#1","ns":"#2","op":"leases.create"}`+"\n") {
		t.Error(shape)
	}
	for _, c := range []struct {
		name, old, new string
		same           bool
	}{
		{"namespace", `"n1"`, `"other"`, true},
		{"lease", `"i1"`, `"lease-9"`, true},
		{"digest", "aaaa", "bbbb", true},
		{"data", "layer 1", "layer 22", true},
		{"two names become one", `"r1"`, `"m1"`, false},
		{"type", `"content"`, `"snapshots/native"`, false},
		{"op", `"leases.create"`, `"leases.delete"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := shrink.Shape(parse(t, strings.ReplaceAll(trace, c.old, c.new)))
			if (other == shape) != c.same {
				t.Errorf("got\n%s\nfrom\n%s", other, shape)
			}
		})
	}
}
