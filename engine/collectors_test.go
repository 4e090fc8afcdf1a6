package engine_test

import (
	"context"
	"errors"
	"testing"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// TestBackReferences collects the resources of a scripted Collector. An image keeps one of them.
func TestBackReferences(t *testing.T) {
	e := newEngine(t)
	steps(t, e, []step{
		{`{"op":"images.create","ns":"default","image":{"name":"i","target":{"mediaType":"m","size":"1","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}}`, op.OK},
		{`{"op":"collectors.set","type":9,"script":{"things":[{"namespace":"default","key":"garbage"},{"namespace":"default","key":"kept","backRefs":["image/default/i"]}]}}`, op.OK},
		{`{"op":"collect"}`, op.OK},
	})
	const want = `{"code":"ok","value":{"things":[{"namespace":"default","key":"kept","backRefs":["image/default/i"]}]}}`
	if got := apply(t, e, `{"op":"collectors.get","type":9}`).String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestScriptErrors gives a scripted Collector references that are no names of nodes.
func TestScriptErrors(t *testing.T) {
	e := newEngine(t)
	for _, field := range []string{"refs", "backRefs"} {
		line := `{"op":"collectors.set","type":9,"script":{"things":[{"namespace":"default","key":"k","` + field + `":["x"]}]}}`
		applies(t, e, line, op.InvalidArgument, `collector: "k": `)
	}
}

// TestPlaceEmptyBlob places a blob without bytes.
func TestPlaceEmptyBlob(t *testing.T) {
	line := `{"op":"content.place","digest":"` + digest.FromString("").String() + `","size":"0"}`
	steps(t, newEngine(t), []step{{line, op.OK}, {line, op.AlreadyExists}})
}

// impatient is a scheduler that gives up each call that waits.
type impatient struct{}

var errImpatient = errors.New("no time")

func (impatient) Park(func() bool) { panic(errImpatient) }

// registering is a Collector that registers another one during a collection. It recovers if that call is given up.
type registering struct {
	e     *engine.Engine
	given any
}

func (r *registering) StartCollection(context.Context) (metadata.CollectionContext, error) {
	func() {
		defer func() { r.given = recover() }()
		r.given = r.e.RegisterCollector(metadata.ResourceStream, r)
	}()
	return r, nil
}

func (r *registering) ReferenceLabel() string                { return "" }
func (r *registering) All(func(gc.Node))                     {}
func (r *registering) Active(string, func(gc.Node))          {}
func (r *registering) Leased(_, _ string, _ func(n gc.Node)) {}
func (r *registering) Remove(gc.Node)                        {}
func (r *registering) Cancel() error                         { return nil }
func (r *registering) Finish() error                         { return nil }

// TestAbandonedRegistration gives up a call that registers a Collector while a collection runs. The type stays free.
func TestAbandonedRegistration(t *testing.T) {
	e := newEngine(t, engine.WithScheduler(impatient{}))
	r := &registering{e: e}
	if err := e.RegisterCollector(metadata.ResourceMount, r); err != nil {
		t.Fatal(err)
	}
	_, err := e.Collect(t.Context())
	if r.given != errImpatient {
		t.Fatalf("%v; the registration ended with %v", err, r.given)
	}
	if err := e.RegisterCollector(metadata.ResourceStream, r); err != nil {
		t.Error(err)
	}
}
