package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// TestGoldenTraces replays the traces of testdata and compares the results with the golden files. Together the traces
// have every kind of Op.
func TestGoldenTraces(t *testing.T) {
	traces := []string{"stores", "world", "turns"}
	seen := map[op.Name]bool{}
	for _, name := range traces {
		trace, err := os.ReadFile("testdata/" + name + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		e, err := engine.Replay(t.Context(), bytes.NewReader(trace), func(e *engine.Engine, _ int, op engine.Op, r engine.Result) error {
			seen[op.Name] = true
			if !bytes.Contains(trace, []byte(op.String()+"\n")) {
				t.Errorf("%s: the trace has another form of this Op", op)
			}
			fmt.Fprintf(&got, "%s\n    %s\n", op, r)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s\n", e.Hash())
		golden := "testdata/" + name + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: got\n%s\n(-update rewrites it)", golden, difference(got.String(), string(want)))
		}
	}
	for _, name := range op.Names() {
		if !seen[name] {
			t.Errorf("no trace has an Op %q", name)
		}
	}
}

// difference describes the first line in which two texts differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %s\nwant:   %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// TestParseOpErrors parses invalid Ops.
func TestParseOpErrors(t *testing.T) {
	for line, want := range map[string]string{
		`{}`:                                     `"op" must be the name`,
		`{"op":5}`:                               `"op" must be the name`,
		`{"op":"frob"}`:                          `no op "frob"`,
		`{"op":"hash"} {}`:                       "after the object",
		`{"op":"hash"`:                           "EOF",
		`[]`:                                     "not an object",
		"{\"op\":\"\xff\"}":                      "not UTF-8",
		`{"op":"hash","x":1}`:                    `"x": no such field`,
		`{"op":"hash","NS":"a"}`:                 `"NS": no such field`,
		`{"op":"hash","ns":"a","ns":"b"}`:        `duplicate key "ns"`,
		`{"op":"images.get","name":5}`:           `"name": must be a string`,
		`{"op":"images.get","name":{"b64":"%"}}`: `"name": must be a string`,
		`{"op":"images.get","name":{"b64":"","x":1}}`:                                   `"name": must be a string`,
		`{"op":"writers.truncate","size":5}`:                                            `"size": must be a string of decimal digits`,
		`{"op":"writers.truncate","size":"x"}`:                                          `"size": must be a string of decimal digits, not "x"`,
		`{"op":"writers.truncate","size":"99999999999999999999"}`:                       "digits",
		`{"op":"collectors.get","type":256}`:                                            "8 bits",
		`{"op":"collectors.get","type":"9"}`:                                            "8 bits",
		`{"op":"clock.set","to":"yesterday"}`:                                           "RFC 3339",
		`{"op":"clock.advance","by":"1 day"}`:                                           "a duration",
		`{"op":"images.list","filters":"a"}`:                                            "must be a list",
		`{"op":"images.list","filters":[1]}`:                                            `"filters": 0: must be a string`,
		`{"op":"leases.create","labels":[["a"]]}`:                                       "[key, value]",
		`{"op":"leases.create","labels":[["a","1"],["a","2"]]}`:                         `duplicate key "a"`,
		`{"op":"leases.create","labels":{"a":1}}`:                                       `"labels": "a": must be a string`,
		`{"op":"images.create","image":{"frob":1}}`:                                     `"image": "frob": no such field`,
		`{"op":"containers.create","container":{"spec":1}}`:                             "typeUrl",
		`{"op":"hash","canceled":"yes"}`:                                                "true or false",
		`{"op":"hash","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`: "too deep",
	} {
		_, err := op.Parse([]byte(line))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// TestCanonicalForm parses Ops that are not in the canonical form, and prints them.
func TestCanonicalForm(t *testing.T) {
	for line, want := range map[string]string{
		` { "name" : "a" , "op" : "images.get" } `:                `{"op":"images.get","name":"a"}`,
		`{"op":"images.get","name":""}`:                           `{"op":"images.get"}`,
		`{"op":"images.get","name":{"b64":"YQ=="}}`:               `{"op":"images.get","name":"a"}`,
		`{"op":"images.get","name":{"b64":"/w=="}}`:               `{"op":"images.get","name":{"b64":"/w=="}}`,
		`{"op":"images.get","name":"<\u00e9\u2028\n>"}`:           `{"op":"images.get","name":"<é\u2028\n>"}`,
		`{"op":"leases.create","labels":[["b","2"],["a","1"]]}`:   `{"op":"leases.create","labels":{"a":"1","b":"2"}}`,
		`{"op":"leases.create","labels":[[{"b64":"/w=="},""]]}`:   `{"op":"leases.create","labels":[[{"b64":"/w=="},""]]}`,
		`{"op":"leases.create","labels":{}}`:                      `{"op":"leases.create","labels":{}}`,
		`{"op":"clock.advance","by":"-90m"}`:                      `{"op":"clock.advance","by":"-1h30m0s"}`,
		`{"op":"clock.set","to":"2026-01-02T03:04:05.600+01:00"}`: `{"op":"clock.set","to":"2026-01-02T03:04:05.6+01:00"}`,
		`{"op":"hash","lease":"","epoch":"0001-01-01T00:00:00Z"}`: `{"op":"hash","lease":"","epoch":"0001-01-01T00:00:00Z"}`,
		`{"op":"containers.create","container":{"spec":null}}`:    `{"op":"containers.create","container":{"spec":null}}`,
	} {
		op, err := op.Parse([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
		} else if op.String() != want {
			t.Errorf("%s prints as %s, want %s", line, op, want)
		}
	}
}

// TestArgumentNames checks that no argument has the name of a field of the header.
func TestArgumentNames(t *testing.T) {
	header := map[string]bool{"Op": true}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[engine.Header]()) {
		header[f.Name] = true
	}
	for _, name := range op.Names() {
		args, ok := op.ArgsOf(name)
		if !ok {
			t.Fatal(name)
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(args)) {
			if header[f.Name] {
				t.Errorf("%s: %s is a field of the header", name, f.Name)
			}
		}
	}
}

// TestApplyErrors applies Ops that Parse cannot return.
func TestApplyErrors(t *testing.T) {
	e := newEngine(t)
	for _, o := range []engine.Op{
		{Name: "frob"},
		{Name: op.ImagesGet, Args: op.Identified{ID: "x"}},
		{Name: op.ImagesGet, Args: 5},
		{Name: op.Hash, Header: engine.Header{Timeout: -1}},
		{Name: op.NodeFork},
		{Name: op.NodeDrop},
		{Name: op.TxBegin},
		{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: 3}},
		{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: 9, Script: engine.Script{Resources: []op.ScriptedResource{{Refs: []string{"x"}}}}}},
		{Name: op.FaultsSet},
		{Name: op.FaultsSet, Args: op.FaultsSetArgs{Fault: engine.Fault{Error: op.OK}}},
		{Name: op.FaultsSet, Args: op.FaultsSetArgs{Fault: engine.Fault{Delay: -1}}},
		{Name: op.SchedulePass, Args: op.SchedulePassArgs{By: -1}},
	} {
		if r := e.Apply(context.Background(), o); r.Code != op.InvalidArgument || r.Value != nil || r.Err() == nil {
			t.Errorf("%s: %s", o, r)
		}
	}
	late := time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	op := engine.Op{Name: op.ClockSet, Args: op.ClockSetArgs{To: late}}
	if _, err := op.MarshalJSON(); err == nil || !strings.HasPrefix(op.String(), "clock.set(") {
		t.Errorf("the year 20000 prints as %s", op)
	}
	e.Apply(context.Background(), op)
	if now := e.Clock().Now(); now.Year() != 9999 {
		t.Errorf("the clock shows %v", now)
	}
}

// TestCodes returns an error of each class from a call, and checks its code.
func TestCodes(t *testing.T) {
	codes := op.Codes()
	if len(slices.Compact(slices.Sorted(slices.Values(codes)))) != len(codes) {
		t.Errorf("duplicate codes: %v", codes)
	}
	e := newEngine(t)
	for _, code := range codes[2:] {
		if err := e.SetFault("x", engine.Fault{On: "kv", Error: code}); err != nil {
			t.Fatal(err)
		}
		if r := apply(t, e, `{"op":"images.list","ns":"default"}`); r.Code != code || op.CodeOf(r.Err()) != code {
			t.Errorf("%s: %s", code, r)
		}
	}
	if op.CodeOf(os.ErrClosed) != op.Unknown || op.CodeOf(nil) != op.OK {
		t.Error("wrong code of an error without a class, or of nil")
	}
}
