package verbs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

func Example() {
	var nodes verbs.Nodes
	call := func(header, body string) {
		header, body = split(nodes.Call(abi.AppendFrame(nil, []byte(header), []byte(body))))
		fmt.Print(header, body)
	}
	call(`{"verb":"new","args":{"holdfast":1,"seed":"7"}}`, "")
	call(`{"verb":"apply","node":1}`, `{"op":"leases.create","ns":"default","id":"a"}
{"op":"leases.delete","ns":"default","id":"b"}
`)
	call(`{"verb":"collect","node":1}`, "")
	call(`{"verb":"close","node":1}`, "")
	call(`{"verb":"hash","node":1}`, "")
	// Output:
	// {"code":"ok","value":{"node":1}}
	// {"code":"ok"}
	// {"code":"ok","value":{"id":"a","createdAt":"2026-01-01T00:00:00Z"}}
	// {"code":"not_found","error":"lease \"b\": not found"}
	// {"code":"ok","value":{"metadata":0,"content":0,"snapshots":{"native":0,"overlayfs":0},"removed":[]}}
	// {"code":"ok"}
	// {"code":"not_found","error":"node 1: not found"}
}

func split(frame []byte) (header, body string) {
	h, b, err := abi.SplitFrame(frame)
	if err != nil {
		panic(err)
	}
	return string(h), string(b)
}

// ask makes a call whose body is empty, and returns the answer.
func ask(t testing.TB, nodes *verbs.Nodes, header string) abi.Answer[json.RawMessage] {
	t.Helper()
	text, _ := split(nodes.Call(abi.AppendFrame(nil, []byte(header), nil)))
	var a abi.Answer[json.RawMessage]
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%s: %s: %v", header, text, err)
	}
	return a
}

// TestMistakes has the code of what is wrong with a call.
func TestMistakes(t *testing.T) {
	var nodes verbs.Nodes
	if a := ask(t, &nodes, `{"verb":"new"}`); a.Code != "ok" {
		t.Fatal(a)
	}
	for header, code := range map[string]string{
		``:                                   "invalid_argument",
		`{`:                                  "invalid_argument",
		`[]`:                                 "invalid_argument",
		`{}`:                                 "invalid_argument",
		`{"verb":"hash","node":1} {}`:        "invalid_argument",
		`{"verb":"hash","node":1,"more":2}`:  "invalid_argument",
		`{"verb":"shout","node":1}`:          "invalid_argument",
		`{"verb":"hash"}`:                    "not_found",
		`{"verb":"hash","node":2}`:           "not_found",
		`{"verb":"hash","node":-1}`:          "invalid_argument",
		`{"verb":"hash","node":4294967296}`:  "invalid_argument",
		`{"verb":"hash","node":1,"args":7}`:  "invalid_argument",
		`{"verb":"plan","node":1,"args":[]}`: "invalid_argument",
		`{"verb":"plan","node":1,"args":{"deleted":["image/a/b"]}}`: "unknown",
		`{"verb":"why","node":1,"args":{"node":"\u0000"}}`:          "unknown",
		`{"verb":"why","node":1,"args":{"what":"x"}}`:               "invalid_argument",
		`{"verb":"diff","node":1,"args":{"with":9}}`:                "not_found",
		`{"verb":"inspect","node":1,"args":{"path":"nowhere"}}`:     "unknown",
		`{"verb":"new","args":{}}`:                                  "invalid_argument",
		`{"verb":"new","args":{"holdfast":1,"rules":"9.9"}}`:        "invalid_argument",
		`{"verb":"open"}`:           "unknown",
		`{"verb":"close","node":9}`: "not_found",
		`{"verb":"` + strings.Repeat("x", abi.HeaderMax) + `"}`: "invalid_argument",
	} {
		if a := ask(t, &nodes, header); string(a.Code) != code || a.Error == "" {
			t.Errorf("%.80s: %s %s, not %s", header, a.Code, a.Error, code)
		}
	}
}

// TestNothingIsAppliedOfABatchThatCannotBeRead sees to it that the caller knows how far it came.
func TestNothingIsAppliedOfABatchThatCannotBeRead(t *testing.T) {
	var nodes verbs.Nodes
	ask(t, &nodes, `{"verb":"new"}`)
	before := ask(t, &nodes, `{"verb":"hash","node":1}`)
	header, body := split(nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"apply","node":1}`),
		[]byte("{\"op\":\"leases.create\",\"ns\":\"default\",\"id\":\"a\"}\n\nnonsense"))))
	if !strings.Contains(header, "invalid_argument") || !strings.Contains(header, "line 3") || body != "" {
		t.Error(header, body)
	}
	if after := ask(t, &nodes, `{"verb":"hash","node":1}`); !bytes.Equal(before.Value, after.Value) {
		t.Error("the first Op was applied")
	}
}

// TestPlain asks the same in several forms.
func TestPlain(t *testing.T) {
	var nodes verbs.Nodes
	ask(t, &nodes, `{"verb":"new"}`)
	want := ask(t, &nodes, `{"verb":"hash","node":1}`)
	for _, header := range []string{
		`{"verb":"hash","node":1,"args":{}}`, ` {"verb":"hash","node":1}`, `{"node":1,"verb":"hash"}`, "{\n\"verb\":\"\\u0068ash\",\"node\":1}", `{"verb":"hash","node":1 }`,
	} {
		if a := ask(t, &nodes, header); string(a.Value) != string(want.Value) || a.Code != "ok" || len(a.Value) != 66 {
			t.Errorf("%s: %s %s", header, a.Value, a.Error)
		}
	}
	for _, header := range []string{`{"verb":"hash","node":01}`, `{"verb":"hash","node":+1}`, `{"verb":"hash","node":1}}`, `{"verb":"hash","node":}`, `{"verb":"hash"`, `{"verb":"hash",}`} {
		if a := ask(t, &nodes, header); a.Code != "invalid_argument" {
			t.Errorf("%s: %s", header, a.Code)
		}
	}
}

// TestAbout names every verb and every kind of Op, and ABI.md describes every verb.
func TestAbout(t *testing.T) {
	var nodes verbs.Nodes
	var about abi.About
	if err := json.Unmarshal(ask(t, &nodes, `{"verb":"about"}`).Value, &about); err != nil {
		t.Fatal(err)
	}
	if about.ABI != abi.Version || len(about.Verbs) < 15 || len(about.Kinds) < 80 {
		t.Errorf("%+v", about)
	}
	document, err := os.ReadFile("../../guest/ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range about.Verbs {
		if !strings.Contains(string(document), "| `"+verb+"` |") {
			t.Errorf("ABI.md has no row for the verb %q", verb)
		}
	}
}

// FuzzCall sends anything.
func FuzzCall(f *testing.F) {
	for _, header := range []string{`{"verb":"new"}`, `{"verb":"apply","node":1}`, `{"verb":"open"}`, `{"verb":"plan","node":1,"args":{"deleted":["image/default/a"]}}`} {
		f.Add(abi.AppendFrame(nil, []byte(header), []byte(`{"op":"images.get","ns":"default","name":"a"}`)))
	}
	f.Add([]byte{255, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, frame []byte) {
		var nodes verbs.Nodes
		nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil))
		header, _ := split(nodes.Call(frame))
		var a abi.Answer[json.RawMessage]
		if err := json.Unmarshal([]byte(header), &a); err != nil || (a.Code == "ok") != (a.Error == "") || a.Code == "internal" {
			t.Errorf("%q: %s (%v)", frame, header, err)
		}
	})
}
