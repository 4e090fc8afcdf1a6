package shrink_test

import (
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// TestLists checks that elements of lists are removed, and that names within longer strings are shortened.
func TestLists(t *testing.T) {
	o, err := op.Parse([]byte(`{"op":"collectors.set","type":16,"script":{"label":"stream","things":[` +
		`{"namespace":"first","key":"a"},` +
		`{"namespace":"second-namespace","key":"b","leases":["l1","l2"],"refs":["image/second-namespace/x","content/first/y"]},` +
		`{"namespace":"first","key":"c"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	same := engine.Op{Name: op.ImagesGet, Header: engine.Header{NS: "second-namespace"}, Args: op.Named{Name: "x"}}
	found := shrink.Trace([]engine.Op{o, same}, func(trace []engine.Op) bool {
		if len(trace) != 2 || trace[1].NS == "" {
			return false
		}
		return strings.Contains(trace[0].String(), `"l2"`) && strings.Contains(trace[0].String(), "image/"+trace[1].NS+"/x")
	}, nil)
	const want = `{"op":"collectors.set","script":{"things":[{"leases":["l2"],"refs":["image/n1/x"]}]}}`
	if got := found[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
