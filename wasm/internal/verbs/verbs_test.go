package verbs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"

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

// split returns the header and the body of a frame as text.
func split(frame []byte) (header, body string) {
	h, b, err := abi.SplitFrame(frame)
	if err != nil {
		panic(err)
	}
	return string(h), string(b)
}

// request sends a request without a body and returns the header of the response.
func request(t testing.TB, nodes *verbs.Nodes, header string) abi.Response[json.RawMessage] {
	t.Helper()
	text, _ := split(nodes.Call(abi.AppendFrame(nil, []byte(header), nil)))
	var a abi.Response[json.RawMessage]
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%s: %s: %v", header, text, err)
	}
	return a
}

// TestInvalidRequests checks the code of each invalid request.
func TestInvalidRequests(t *testing.T) {
	var nodes verbs.Nodes
	if a := request(t, &nodes, `{"verb":"new"}`); a.Code != op.OK {
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
		`{"verb":"plan","node":1,"args":{"deleted":["image/a/b"]}}`: "not_found",
		`{"verb":"why","node":1,"args":{"node":"\u0000"}}`:          "not_found",
		`{"verb":"why","node":1,"args":{"what":"x"}}`:               "invalid_argument",
		`{"verb":"diff","node":1,"args":{"with":9}}`:                "not_found",
		`{"verb":"inspect","node":1,"args":{"path":"nowhere"}}`:     "not_found",
		`{"verb":"new","args":{}}`:                                  "invalid_argument",
		`{"verb":"new","args":{"holdfast":1,"rules":"9.9"}}`:        "invalid_argument",
		`{"verb":"open"}`:           "invalid_argument",
		`{"verb":"close","node":9}`: "not_found",
		`{"verb":"` + strings.Repeat("x", abi.HeaderMax) + `"}`: "invalid_argument",
	} {
		if a := request(t, &nodes, header); string(a.Code) != code || a.Error == "" {
			t.Errorf("%.80s: code %s (%s), want %s", header, a.Code, a.Error, code)
		}
	}
}

// TestReasons checks the reason of each database that cannot be opened.
func TestReasons(t *testing.T) {
	packed, err := os.ReadFile(filepath.Join(fixtures, "c242-tiny", "before.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	var foreign bytes.Buffer
	if err := memkv.New().View(func(tx *memkv.Tx) error {
		_, err := boltfile.Write(&foreign, tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var nodes verbs.Nodes
	opened, _ := send[abi.Handle](t, &nodes, "open", 0, map[string]int{"holdfast": 1}, packed)
	_, plain := send[any](t, &nodes, "save", opened.Node, abi.None{}, nil)
	damaged := bytes.Clone(plain)
	for i := 2 * 4096; i < len(damaged); i++ {
		damaged[i] = 0xed
	}
	broken := bytes.Clone(packed)
	for i := 20; i < 200; i++ {
		broken[i] = 0xff
	}
	for name, file := range map[string]struct {
		body   []byte
		reason abi.Reason
	}{
		"text":             {bytes.Repeat([]byte("hello "), 10_000), abi.NotBolt},
		"other bolt file":  {foreign.Bytes(), abi.Foreign},
		"half of the file": {plain[:len(plain)/2], abi.Truncated},
		"half of the gzip": {packed[:len(packed)/2], abi.Truncated},
		"broken gzip":      {broken, abi.BadGzip},
		"damaged pages":    {damaged, abi.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			header := `{"verb":"read","args":{"at":"2026-01-01T00:00:00Z"}}`
			text, _ := split(nodes.Call(abi.AppendFrame(nil, []byte(header), file.body)))
			var r abi.Response[json.RawMessage]
			if err := json.Unmarshal([]byte(text), &r); err != nil || r.Reason != file.reason || r.Error == "" {
				t.Errorf("%s: reason %q, want %q (%v)", text, r.Reason, file.reason, err)
			}
		})
	}
	if r := request(t, &nodes, `{"verb":"compare","args":{"profile_text":"{"}}`); r.Reason != "" {
		t.Errorf("a profile that ends too early has reason %q", r.Reason)
	}
}

// TestInvalidBatch sends a batch with an invalid line: no Op of it is applied, and the error names the line.
func TestInvalidBatch(t *testing.T) {
	var nodes verbs.Nodes
	request(t, &nodes, `{"verb":"new"}`)
	before := request(t, &nodes, `{"verb":"hash","node":1}`)
	header, body := split(nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"apply","node":1}`),
		[]byte("{\"op\":\"leases.create\",\"ns\":\"default\",\"id\":\"a\"}\n\nnonsense"))))
	if !strings.Contains(header, "invalid_argument") || !strings.Contains(header, "line 3") || body != "" {
		t.Error(header, body)
	}
	if after := request(t, &nodes, `{"verb":"hash","node":1}`); !bytes.Equal(before.Value, after.Value) {
		t.Error("the first Op was applied")
	}
}

// TestHeaderForms sends equivalent headers, which take the fast and the slow path of the decoder.
func TestHeaderForms(t *testing.T) {
	var nodes verbs.Nodes
	request(t, &nodes, `{"verb":"new"}`)
	want := request(t, &nodes, `{"verb":"hash","node":1}`)
	for _, header := range []string{
		`{"verb":"hash","node":1,"args":{}}`, ` {"verb":"hash","node":1}`, `{"node":1,"verb":"hash"}`, "{\n\"verb\":\"\\u0068ash\",\"node\":1}", `{"verb":"hash","node":1 }`,
	} {
		if a := request(t, &nodes, header); string(a.Value) != string(want.Value) || a.Code != op.OK || len(a.Value) != 66 {
			t.Errorf("%s: %s %s", header, a.Value, a.Error)
		}
	}
	for _, header := range []string{`{"verb":"hash","node":01}`, `{"verb":"hash","node":+1}`, `{"verb":"hash","node":1}}`, `{"verb":"hash","node":}`, `{"verb":"hash"`, `{"verb":"hash",}`} {
		if a := request(t, &nodes, header); a.Code != op.InvalidArgument {
			t.Errorf("%s: %s", header, a.Code)
		}
	}
}

// TestRepeatedHeader checks that requests with the header of the one before allocate nothing, and that they are about
// the nodes of the moment.
func TestRepeatedHeader(t *testing.T) {
	var nodes verbs.Nodes
	if r := request(t, &nodes, ""); r.Code != op.InvalidArgument {
		t.Errorf("an empty header first: %s", r.Code)
	}
	request(t, &nodes, `{"verb":"new"}`)
	frame := abi.AppendFrame(nil, []byte(`{"verb":"apply","node":1}`), nil)
	response := nodes.AppendCall(nil, frame)
	if n := testing.AllocsPerRun(100, func() { response = nodes.AppendCall(response[:0], frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for _, row := range []struct {
		header string
		code   op.Code
	}{
		{`{"verb":"hash","node":1}`, op.OK},
		{`{"verb":"hash","node":1}`, op.OK},
		{`{"verb":"hash","node":2}`, op.NotFound},
		{`{"verb":"close","node":1}`, op.OK},
		{`{"verb":"close","node":1}`, op.NotFound},
		{`{"verb":"hash","node":1}`, op.NotFound},
		{`{"verb":"hash","node":1`, op.InvalidArgument},
		{``, op.InvalidArgument},
	} {
		if r := request(t, &nodes, row.header); r.Code != row.code {
			t.Errorf("%s: %s, want %s", row.header, r.Code, row.code)
		}
	}
}

// TestAbout checks that "about" lists the verbs and kinds of Ops, and that ABI.md has a row for each verb.
func TestAbout(t *testing.T) {
	var nodes verbs.Nodes
	var about abi.About
	if err := json.Unmarshal(request(t, &nodes, `{"verb":"about"}`).Value, &about); err != nil {
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
		if !strings.Contains(string(document), "| `"+string(verb)+"` |") {
			t.Errorf("ABI.md: no row for the verb %q", verb)
		}
	}
}

// FuzzCall sends arbitrary frames. Each response must be well-formed, and none may have the code "internal".
func FuzzCall(f *testing.F) {
	for _, header := range []string{`{"verb":"new"}`, `{"verb":"apply","node":1}`, `{"verb":"open"}`, `{"verb":"plan","node":1,"args":{"deleted":["image/default/a"]}}`} {
		f.Add(abi.AppendFrame(nil, []byte(header), []byte(`{"op":"images.get","ns":"default","name":"a"}`)))
	}
	f.Add([]byte{255, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, frame []byte) {
		var nodes verbs.Nodes
		nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil))
		header, _ := split(nodes.Call(frame))
		var a abi.Response[json.RawMessage]
		if err := json.Unmarshal([]byte(header), &a); err != nil || (a.Code == op.OK) != (a.Error == "") || a.Code == op.Internal {
			t.Errorf("%q: %s (%v)", frame, header, err)
		}
	})
}
