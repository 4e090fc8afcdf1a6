package proptest_test

import (
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// everyCall makes each call from the daemon to its environment at least once.
func everyCall(t *testing.T, node *engine.Engine) {
	t.Helper()
	header := engine.Header{NS: "a"}
	named := func(name op.Name, n string) engine.Op {
		return engine.Op{Name: name, Header: header, Args: op.Named{Name: n}}
	}
	snapshot := func(name op.Name, key string) engine.Op {
		return engine.Op{Name: name, Header: header, Args: op.Snapshot{Snapshotter: "s", Key: key}}
	}
	for _, o := range []engine.Op{
		{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: resourceType, Script: engine.Script{Label: "x", Resources: []op.ScriptedResource{{Namespace: "a", Key: "thing"}}}}},
		{Name: op.WritersOpen, Header: header, Args: op.WritersOpenArgs{Name: "w", Ref: "ref"}},
		{Name: op.ContentStatus, Header: header, Args: op.Ingest{Ref: "ref"}},
		{Name: op.ContentListStatuses, Header: header, Args: op.Filtered{}},
		{Name: op.WritersCommit, Header: header, Args: op.WritersCommitArgs{Name: "w", Expected: empty}},
		{Name: op.ContentRead, Header: header, Args: op.ContentReadArgs{Digest: empty}},
		{Name: op.WritersOpen, Header: engine.Header{NS: "b"}, Args: op.WritersOpenArgs{Name: "u", Ref: "shared", Desc: ocispec.Descriptor{Digest: empty}}},
		{Name: op.WritersCommit, Header: engine.Header{NS: "b"}, Args: op.WritersCommitArgs{Name: "u", Expected: empty}},
		{Name: op.WritersOpen, Header: header, Args: op.WritersOpenArgs{Name: "v", Ref: "aborted"}},
		{Name: op.WritersWrite, Header: header, Args: op.WritersWriteArgs{Name: "v", Data: []byte("data")}},
		{Name: op.WritersTruncate, Header: header, Args: op.WritersTruncateArgs{Name: "v"}},
		named(op.WritersClose, "v"),
		{Name: op.ContentAbort, Header: header, Args: op.Ingest{Ref: "aborted"}},
		{Name: op.SnapshotsPrepare, Header: header, Args: op.SnapshotCreate{Snapshotter: "s", Key: "k"}},
		snapshot(op.SnapshotsStat, "k"), snapshot(op.SnapshotsUsage, "k"), snapshot(op.SnapshotsMounts, "k"),
		{Name: op.SnapshotsUpdate, Header: header, Args: op.SnapshotsUpdateArgs{Snapshotter: "s", Info: snapshots.Info{Name: "k", Labels: map[string]string{"a": "b"}}}},
		{Name: op.SnapshotsCommit, Header: header, Args: op.SnapshotsCommitArgs{Snapshotter: "s", Name: "committed", Key: "k"}},
		{Name: op.SnapshotsView, Header: header, Args: op.SnapshotCreate{Snapshotter: "s", Key: "view", Parent: "committed"}},
		{Name: op.SnapshotsWalk, Header: header, Args: op.SnapshotsWalkArgs{Snapshotter: "s"}},
		snapshot(op.SnapshotsRemove, "view"),
		{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "g", Fault: engine.Fault{On: "kv", Call: "commit", Error: op.Aborted, Times: 1}}},
		{Name: op.Collect},
		{Name: op.Collect},
	} {
		r := node.Apply(t.Context(), o)
		switch {
		case r.Code == op.OK:
		case r.Code == op.Aborted && o.Name == op.Collect: // the fault "g"
		case r.Code == op.Canceled && (o.Name == op.WritersWrite || o.Name == op.WritersTruncate):
			// The call that opened the writer has ended, so a delay fails.
		default:
			t.Errorf("%s: %s (%s)", o, r.Code, r.Error)
		}
	}
}

// empty is the digest of a blob without bytes.
var empty = digest.FromString("")

// TestFaultSites counts the calls that faults hit, by a delay of a second for each. A fault at one call must hit that
// call only, with its key, before or after its effect.
func TestFaultSites(t *testing.T) {
	base := newNode(t, engine.WithoutSchedule())
	hits := func(f engine.Fault) int {
		node := base.Fork()
		defer node.Close()
		f.Delay = time.Second
		must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: f}})
		before := node.Clock().Now()
		everyCall(t, node)
		return int(node.Clock().Now().Sub(before) / time.Second)
	}
	all := 0
	for _, target := range []struct {
		on    string
		calls map[string]string // the key of one call of that name
	}{
		{"content", map[string]string{
			"info": string(empty), "walk": "", "delete": string(empty), "status": "ref", "list": "",
			"abort": "aborted", "writer": "ref", "reader": string(empty), "write": "aborted", "truncate": "aborted", "commit": "ref",
		}},
		{"snapshots/s", map[string]string{
			"stat": "k", "update": "k", "usage": "k", "mounts": "k", "prepare": "k", "view": "view", "commit": "k", "remove": "committed", "walk": "",
		}},
		{"kv", map[string]string{"view": "", "update": "", "commit": ""}},
		{"collectors/20", map[string]string{"start": "", "cancel": "", "finish": "", "remove": "thing"}},
	} {
		sum := 0
		for call, key := range target.calls {
			f := engine.Fault{On: target.on, Call: call}
			n := hits(f)
			t.Log(target.on, call, n)
			sum += n
			f.After = true
			if after := hits(f); n == 0 || after != n && target.on != "kv" {
				t.Errorf("%s %s: hit %d times before and %d times after the effect", target.on, call, n, after)
			}
			f.Key = key
			if keyed := hits(f); key != "" && (keyed == 0 || keyed > n) {
				t.Errorf("%s %s %s: hit %d times of %d", target.on, call, key, keyed, n)
			}
			if f.Key = "none"; hits(f) != 0 {
				t.Errorf("%s %s: hit with another key", target.on, call)
			}
		}
		if n := hits(engine.Fault{On: target.on}); n != sum {
			t.Errorf("%s: %d calls and not %d", target.on, n, sum)
		}
		all += sum
	}
	if n := hits(engine.Fault{}); n != all {
		t.Errorf("%d calls and not %d", n, all)
	}
}
