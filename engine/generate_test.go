package engine_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/containerd/typeurl/v2"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A generator draws Ops of every kind. Names come from small pools, so Ops often use the same names. Some values are
// hostile: no client would send them.
type generator struct {
	*rand.Rand
	hostile int // one value in this number is hostile; 0: none
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 1)), hostile: 40}
}

// pools has the strings to draw, by the name of the field.
var pools = map[string][]string{
	"Name":        {"a", "b", "t"},
	"Key":         {"k1", "k2", "k3", "k4"},
	"Parent":      {"", "", "a", "b"},
	"Snapshotter": {"native", "overlayfs"},
	"ID":          {"i1", "i2", "i3"},
	"Ref":         {"r1", "r2"},
	"MediaType":   {"application/vnd.oci.image.manifest.v1+json"},
	"Type":        {"content", "snapshots/native", "ingests", "images"},
	"Filters":     {"name==a", "labels.x", "id~=i"},
	"Paths":       {"labels", "labels", "labels.x", "labels.x", "target", "extensions", "spec"},
	"Deleted":     {"image/default/a", "lease/default/i1", "container/other/i1"},
	"Node":        {"image/default/a", "snapshot/default/native/a"},
	"BackRefs":    {"image/default/a"},
	"Refs":        {"image/default/a", "snapshot/default/native/a", "type9/default/k2"},
	"Namespace":   {"default", "other"},
	"Label":       {"stream"},
	"On":          {"", "kv", "content", "snapshots/native", "collectors/9"},
	"Call":        {"", "commit", "remove", "delete", "prepare", "start"},
	"Error":       {"unavailable", "not_found", "already_exists"},
	"With":        {"", "a"},
	"Value":       {"", "v"},
}

var hostileStrings = []string{"", "\xff\xfe", "a/b", "..", "default", "\x00", "sha256:", "x y", string(make([]byte, 5000)), "ünïcode", `"\`}

var labelPool = []string{
	"x", "containerd.io/gc.root", "containerd.io/gc.expire", "containerd.io/gc.flat", "containerd.io/gc.ref.content.0",
	"containerd.io/gc.ref.snapshot.native", "containerd.io/gc.bref.image", "containerd.io/snapshot.ref", "containerd.io/gc.ref.stream",
}

var valuePool = []string{"", "1", "a", "b", "2026-01-01T00:00:30Z", string(blobs[1]), "k1"}

var blobs = []digest.Digest{digest.FromString(""), digest.FromString("a"), digest.FromString("ab"), digest.FromString("b")}

func (g *generator) op() engine.Op {
	all := op.Names()
	name := all[g.IntN(len(all))]
	for isRare(name) && g.IntN(12) > 0 {
		name = all[g.IntN(len(all))]
	}
	o := engine.Op{Name: name}
	o.NS = []string{"default", "default", "other"}[g.IntN(3)]
	if g.IntN(4) == 0 {
		lease := g.text("ID")
		o.Lease = &lease
	}
	if g.IntN(10) == 0 {
		o.Tx = g.text("Name")
	}
	if g.IntN(30) == 0 {
		o.Fork = g.text("Name")
	}
	if g.IntN(30) == 0 {
		at := time.Unix(g.Int64N(2e9), 0).UTC()
		o.Epoch = &at
	}
	o.Canceled = g.IntN(50) == 0
	if g.IntN(50) == 0 {
		o.Timeout = time.Duration(g.Int64N(int64(time.Minute)))
	}
	if g.IntN(5) == 0 {
		o.Call = g.text("Name")
	}
	zero, _ := op.ArgsOf(name)
	args := reflect.New(reflect.TypeOf(zero)).Elem()
	g.fill(args, "")
	o.Args = args.Interface()
	return o
}

// isRare reports whether Ops of a kind destroy most of the state.
func isRare(o op.Name) bool {
	return o.Group() == "node" || o == op.FaultsSet || o == op.ClockSet || o == op.Collect || o == op.ScheduleRun ||
		o == op.ContentDelete || o == op.ContentPlace || o == op.SchedulePass
}

func (g *generator) text(field string) string {
	pool := pools[field]
	if len(pool) == 0 || g.hostile > 0 && g.IntN(g.hostile) == 0 {
		pool = hostileStrings
	}
	return pool[g.IntN(len(pool))]
}

// fill sets a value of any type in arguments to random data.
func (g *generator) fill(v reflect.Value, field string) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(engine.Start.Add(time.Duration(g.Int64N(int64(48 * time.Hour))))))
		return
	case reflect.TypeFor[time.Duration]():
		v.SetInt(g.Int64N(int64(time.Minute)))
		return
	case reflect.TypeFor[snapshots.Kind]():
		return
	case reflect.TypeFor[typeurl.Any]():
		if g.IntN(3) > 0 {
			v.Set(reflect.ValueOf(&anypb.Any{TypeUrl: g.text("Name"), Value: []byte(g.text("Value"))}))
		}
		return
	case reflect.TypeFor[digest.Digest]():
		if g.hostile > 0 && g.IntN(g.hostile) == 0 {
			v.SetString(g.text("Value"))
		} else {
			v.SetString(blobs[g.IntN(len(blobs))].String())
			if field == "Expected" && g.IntN(2) == 0 {
				v.SetString("")
			}
		}
		return
	case reflect.TypeFor[map[string]string]():
		if n := g.IntN(4); n > 0 {
			labels := map[string]string{}
			for range n {
				labels[labelPool[g.IntN(len(labelPool))]] = valuePool[g.IntN(len(valuePool))]
			}
			v.Set(reflect.ValueOf(labels))
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(g.IntN(3) == 0)
	case reflect.Uint8:
		v.SetUint(uint64(8 + g.IntN(4)))
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(g.Uint64N(4))
	case reflect.Int64:
		v.SetInt([]int64{0, 0, 1, 1, 2, -1}[g.IntN(6)])
	case reflect.String:
		v.SetString(g.text(field))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte([]string{"a", "ab", "b", ""}[g.IntN(4)]))
			return
		}
		n := g.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			g.fill(v.Index(i), field)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range g.IntN(2) {
			e := reflect.New(v.Type().Elem()).Elem()
			g.fill(e, field)
			if !e.IsZero() {
				v.SetMapIndex(reflect.ValueOf(g.text("Key")), e)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				g.fill(v.Field(i), f.Name)
			}
		}
	case reflect.Pointer:
		if g.IntN(4) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem(), field)
		}
	default:
		panic(fmt.Sprintf("no random values of type %s", v.Type()))
	}
}

// randomTrace returns a trace of random Ops.
func randomTrace(t *testing.T, seed uint64, ops int) []byte {
	t.Helper()
	var trace bytes.Buffer
	w, err := engine.NewTraceWriter(&trace, engine.Setup{Seed: seed, Turns: seed%2 == 1})
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(seed)
	write := func(op engine.Op) {
		if err := w.Write(op); err != nil {
			t.Fatal(err)
		}
	}
	for i := range ops {
		if i%30 == 0 {
			write(engine.Op{Name: op.FaultsClear})
			write(engine.Op{Name: op.NodeRestart})
		}
		o := g.op()
		for o.Name == op.SchedulePass || o.Name == op.Events || o.Name == op.Dump { // long results
			o = g.op()
		}
		write(o)
	}
	return trace.Bytes()
}
