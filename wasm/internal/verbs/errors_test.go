package verbs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

const at = `"at":"2026-11-22T12:00:00Z"`

// respond sends a request with a body and returns the header and the body of the response.
func respond(t *testing.T, nodes *verbs.Nodes, header string, body []byte) (abi.Response[json.RawMessage], string) {
	t.Helper()
	text, rest := split(nodes.Call(abi.AppendFrame(nil, []byte(header), body)))
	var a abi.Response[json.RawMessage]
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%s: %s: %v", header, text, err)
	}
	return a, rest
}

// TestErrorCodes checks the codes of errors in requests, and that their texts name no types of Go.
func TestErrorCodes(t *testing.T) {
	var nodes verbs.Nodes
	file, err := os.ReadFile("../../../metadata/testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := respond(t, &nodes, `{"verb":"read","args":{`+at+`}}`, file); r.Code != op.OK {
		t.Fatal(r)
	}
	for _, row := range []struct {
		header string
		body   string
		code   op.Code
		text   string // a part of the error
	}{
		{`{"verb":"why","node":1,"args":{"node":"nope"}}`, "", op.NotFound, `nope`},
		{`{"verb":"inspect","node":1,"args":{"path":"v1/nowhere"}}`, "", op.NotFound, `nowhere`},
		{`{"verb":"plan","node":1,"args":{"deleted":["image/default/nope"]}}`, "", op.NotFound, `nope`},
		{`{"verb":"plan","node":1,"args":{"deleted":"a"}}`, "", op.InvalidArgument, `args: "deleted" must be a list, not string`},
		{`{"verb":"plan","node":1,"args":{"deleted":[1]}}`, "", op.InvalidArgument, `"deleted" must be a string, not number`},
		{`{"verb":"plan","node":1,"args":{"until":"soon"}}`, "", op.InvalidArgument, `must be a time as in RFC 3339`},
		{`{"verb":"plan","node":1,"args":{"what":1}}`, "", op.InvalidArgument, `args: unknown field "what"`},
		{`{"verb":"plan","node":1,"args":[]}`, "", op.InvalidArgument, `the object must be an object, not array`},
		{`{"verb":"top","node":1,"args":{"limit":1.5}}`, "", op.InvalidArgument, `"limit" must be a whole number`},
		{`{"verb":"top","node":-1}`, "", op.InvalidArgument, `"node" must be a whole number from 0 to 4294967295`},
		{`{"verb":"top","node":2}`, "", op.NotFound, `node 2`},
		{`{"verb":"simulate","args":{"seed":1}}`, "", op.InvalidArgument, `args: `},
		{`{"verb":"read","args":{` + at + `}}`, "text", op.InvalidArgument, ``},
		{`{"verb":"open"}`, "text", op.InvalidArgument, ``},
		{`{"verb":"check","args":{` + at + `}}`, "text", op.InvalidArgument, ``},
		{`{"verb":"salvage"}`, "text", op.InvalidArgument, ``},
	} {
		t.Run(fmt.Sprint(row.header, row.body), func(t *testing.T) {
			r, _ := respond(t, &nodes, row.header, []byte(row.body))
			if r.Code != row.code || !strings.Contains(r.Error, row.text) {
				t.Errorf("%s: %s, want %s with %q", r.Code, r.Error, row.code, row.text)
			}
			for _, name := range []string{"json:", "Go ", "struct", "abi.", "uint32", "[]string", "2006-01-02"} {
				if strings.Contains(r.Error, name) {
					t.Errorf("%q names %q", r.Error, name)
				}
			}
		})
	}
}

// TestSalvage salvages a database with a damaged page.
func TestSalvage(t *testing.T) {
	var nodes verbs.Nodes
	file, err := os.ReadFile("../../../metadata/testdata/fixtures/c242-labels/before.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := respond(t, &nodes, `{"verb":"open"}`, file); r.Code != op.OK {
		t.Fatal(r)
	}
	_, saved := respond(t, &nodes, `{"verb":"save","node":1}`, nil)
	page := strings.Index(saved, "images")&^4095 + 8 // the count of a page's entries
	for _, row := range []struct {
		name string
		file string
		lost bool
	}{{"sound", saved, false}, {"damaged", saved[:page] + "\xff\xff\xff\xff" + saved[page+4:], true}} {
		t.Run(row.name, func(t *testing.T) {
			r, sound := respond(t, &nodes, `{"verb":"salvage"}`, []byte(row.file))
			var salvaged struct{ Lost []any }
			if err := json.Unmarshal(r.Value, &salvaged); err != nil || r.Code != op.OK || (len(salvaged.Lost) > 0) != row.lost {
				t.Errorf("%s %s, %v", r.Code, r.Value, err)
			}
			if again, _ := respond(t, &nodes, `{"verb":"read","args":{`+at+`}}`, []byte(sound)); again.Code != op.OK {
				t.Errorf("the result: %s %s", again.Code, again.Error)
			}
		})
	}
}
