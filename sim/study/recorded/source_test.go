package recorded_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// eventLine returns a line of ctr events, a number of seconds after noon.
func eventLine(second float64, topic, format string, args ...any) string {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(time.Duration(second * float64(time.Second)))
	return fmt.Sprintf("%s default %s %s\n", at.Format("2006-01-02 15:04:05.999999999 -0700 MST"), topic, fmt.Sprintf(format, args...))
}

// pulled returns the events of a pull of an image with two blobs and one layer.
func pulled(second float64, name string) string {
	target, layer := digest.FromString("manifest "+name), digest.FromString("layer "+name)
	return eventLine(second, "/content/create", `{"digest":%q,"size":9}`, target) +
		eventLine(second+0.1, "/content/create", `{"digest":%q,"size":9}`, digest.FromString("config "+name)) +
		eventLine(second+0.2, "/snapshot/prepare", `{"key":"extract-1 %s","snapshotter":"overlayfs"}`, layer) +
		eventLine(second+0.3, "/snapshot/commit", `{"key":"extract-1 %s","name":%q,"snapshotter":"overlayfs"}`, layer, layer) +
		eventLine(second+0.4, "/images/create", `{"name":%q}`, name)
}

func removed(second float64, name string) string {
	return eventLine(second, "/snapshot/remove", `{"key":%q,"snapshotter":"overlayfs"}`, digest.FromString("layer "+name))
}

func interpret(t *testing.T, text string) *recorded.Trace {
	t.Helper()
	events, err := recorded.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	trace, err := recorded.Interpret(events, recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

// TestTagTarget checks which image a record shares its target with, if it came without content: a collection that
// removed a layer shows that the record did not hold it.
func TestTagTarget(t *testing.T) {
	both := pulled(0, "app:1") + pulled(20, "app:2")
	for name, c := range map[string]struct{ text, record, want string }{
		"latest":            {both + eventLine(40, "/images/create", `{"name":"app:x"}`), "app:x", "app:2"},
		"latest is garbage": {both + eventLine(40, "/images/create", `{"name":"app:x"}`) + eventLine(41, "/images/delete", `{"name":"app:2"}`) + removed(42, "app:2"), "app:x", "app:1"},
		"garbage later": {both + eventLine(40, "/images/create", `{"name":"app:x"}`) + eventLine(41, "/images/delete", `{"name":"app:2"}`) +
			eventLine(42, "/images/delete", `{"name":"app:x"}`) + removed(43, "app:2"), "app:x", "app:2"},
		"pulled again": {both + eventLine(40, "/images/update", `{"name":"app:1"}`), "app:1", "app:1"},
		"moved":        {both + eventLine(40, "/images/update", `{"name":"app:1"}`) + removed(41, "app:1"), "app:1", "app:2"},
	} {
		t.Run(name, func(t *testing.T) {
			var got digest.Digest
			for _, s := range interpret(t, c.text).Steps {
				if a, ok := s.Op.Args.(op.ImageRecord); ok && a.Image.Name == c.record {
					got = a.Image.Target.Digest
				}
			}
			if want := digest.FromString("manifest " + c.want); got != want {
				t.Errorf("target %s, want that of %s", got, c.want)
			}
		})
	}
}

// TestWaits checks that CRI waits for a collection after the last record of an image, and other clients do not.
func TestWaits(t *testing.T) {
	const cri = `{"name":%q,"labels":{"io.cri-containerd.image":"managed"}}`
	text := eventLine(0, "/images/create", cri, "app:1") + eventLine(0.001, "/images/create", cri, "app@sha") +
		eventLine(0.002, "/images/create", cri, "other:1") + eventLine(1, "/images/create", `{"name":"plain"}`) +
		eventLine(10, "/images/delete", `{"name":"app:1"}`) + eventLine(10.004, "/images/delete", `{"name":"app@sha"}`) +
		eventLine(20, "/images/delete", `{"name":"plain"}`) + eventLine(30, "/images/delete", `{"name":"other:1"}`)
	trace := interpret(t, text)
	var waits []float64
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, s := range trace.Steps {
		if s.Op.Name == op.ScheduleTrigger {
			waits = append(waits, s.At.Sub(noon).Seconds())
		}
	}
	if fmt.Sprint(waits) != "[10.004 30]" || trace.Summary.Waited != 2 {
		t.Errorf("waits at %v, %d in the summary", waits, trace.Summary.Waited)
	}
	p, err := recorded.Replay(trace, nil, schedule.Defaults(), 0)
	if err != nil {
		t.Fatal(err)
	}
	at := map[time.Duration]bool{}
	for _, c := range p.Collections {
		at[c.Sub(noon).Truncate(time.Millisecond)] = true
	}
	if !at[10004*time.Millisecond] || !at[30*time.Second] || at[20*time.Second] {
		t.Errorf("collections at %v", p.Collections)
	}
}

// TestCopyOfLease checks that the trace has a lease from the time of its creation, which a copy has, until a copy lacks
// it, that blobs are committed under it, and that namespaces follow the copies.
func TestCopyOfLease(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	e, err := engine.New(engine.WithStart(noon.Add(-500*time.Millisecond)), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	lease, d := "hold", digest.FromString("blob")
	at := engine.Header{NS: "default"}
	apply := func(h engine.Header, name op.Name, args any) {
		t.Helper()
		if r := e.Apply(t.Context(), engine.Op{Name: name, Header: h, Args: args}); r.Code != op.OK {
			t.Fatal(name, r)
		}
	}
	apply(engine.Header{}, op.NamespacesCreate, op.NamespacesCreateArgs{Name: "default", Labels: map[string]string{"a": "b"}})
	apply(at, op.LeasesCreate, op.LeasesCreateArgs{ID: lease})
	e.Clock().Set(noon)
	under := engine.Header{NS: "default", Lease: &lease}
	apply(engine.Header{}, op.ContentPlace, op.ContentPlaceArgs{Digest: d, Size: 9})
	apply(under, op.WritersOpen, op.WritersOpenArgs{Name: "w", Ref: "w", Desc: ocispec.Descriptor{Digest: d, Size: 9}})
	apply(under, op.WritersCommit, op.WritersCommitArgs{Name: "w", Size: 9, Expected: d})
	apply(under, op.WritersClose, op.Named{Name: "w"})
	first := e.Fork()
	apply(at, op.LeasesDelete, op.LeasesDeleteArgs{ID: lease})

	text := eventLine(0, "/content/create", `{"digest":%q,"size":9}`, d) + eventLine(9, "/images/create", `{"name":"other"}`)
	events, err := recorded.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	trace, err := recorded.Interpret(events, recorded.Options{Copies: []recorded.Copy{
		{Time: noon.Add(8 * time.Second), Node: e}, {Time: noon.Add(5 * time.Second), Node: first},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range trace.Steps {
		switch a := s.Op.Args.(type) {
		case op.LeasesCreateArgs:
			got = append(got, fmt.Sprint(s.At.Sub(noon), " create ", a.ID))
		case op.LeasesDeleteArgs:
			got = append(got, fmt.Sprint(s.At.Sub(noon), " delete ", a.ID))
		case op.WritersCommitArgs:
			if s.At.Equal(noon) && s.Op.Lease != nil {
				got = append(got, "0s commit under "+*s.Op.Lease)
			}
		case op.NamespacesSetLabelArgs:
			got = append(got, fmt.Sprint(s.At.Sub(noon), " label ", a.Key))
		}
		if s.At.After(noon.Add(8 * time.Second)) {
			break
		}
	}
	want := "-500ms create hold, 0s commit under hold, 5s label a, 8s delete hold"
	if text := strings.Join(got[:min(4, len(got))], ", "); text != want {
		t.Errorf("steps %q, want %q", got, want)
	}
}
