package proptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A shown record is the part of a read's result that the law compares with the stored record.
type shown struct {
	name   string
	fields string
	labels map[string]string // may belong to the system
}

func (s shown) String() string { return fmt.Sprintf("%s (%s) %v", s.name, s.fields, s.labels) }

// A reader is the way to read the records of one kind.
type reader struct {
	kind kind
	list func(ns, snapshotter string) engine.Op
	get  func(o object) engine.Op // nil: the store only has lists

	records func(value any) ([]shown, bool)            // of the result of list
	record  func(value any) (shown, bool)              // of the result of get
	stored  func(o object, r memkv.Frozen) string      // the fields of a stored record
	more    func(stored, shown map[string]string) bool // the labels may be these; nil: they are equal
}

var readers = []reader{
	newReader(kindImage, op.ImagesList, func(o object) (op.Name, any) { return op.ImagesGet, op.Named{Name: o.name} },
		func(i images.Image) shown { return shown{i.Name, i.Target.Digest.String(), i.Labels} },
		func(r memkv.Frozen) string {
			target, _ := r.Bucket("target")
			return string(target.Get("digest"))
		}),
	newReader(kindContainer, op.ContainersList, func(o object) (op.Name, any) { return op.ContainersGet, op.Identified{ID: o.name} },
		func(c containers.Container) shown {
			return shown{c.ID, fmt.Sprint(c.Image, " ", c.Snapshotter, " ", c.SnapshotKey), c.Labels}
		},
		func(r memkv.Frozen) string {
			return fmt.Sprintf("%s %s %s", r.Get("image"), r.Get("snapshotter"), r.Get("snapshotKey"))
		}),
	newReader(kindSandbox, op.SandboxesList, func(o object) (op.Name, any) { return op.SandboxesGet, op.Identified{ID: o.name} },
		func(s sandbox.Sandbox) shown { return shown{s.ID, "", s.Labels} }, nothing),
	newReader(kindLease, op.LeasesList, nil,
		func(l leases.Lease) shown { return shown{l.ID, "", l.Labels} }, nothing),
	newReader(kindContent, op.ContentWalk, func(o object) (op.Name, any) { return op.ContentInfo, op.Blob{Digest: digest.Digest(o.name)} },
		func(i content.Info) shown { return shown{i.Digest.String(), "", i.Labels} }, nothing),
	snapshotReader(),
}

func nothing(memkv.Frozen) string { return "" }

// newReader returns a reader of records of type T.
func newReader[T any](k kind, list op.Name, get func(object) (op.Name, any), show func(T) shown, fields func(memkv.Frozen) string) reader {
	r := reader{
		kind: k,
		list: func(ns, _ string) engine.Op { return engine.Op{Name: list, Header: engine.Header{NS: ns}} },
		records: func(value any) (all []shown, ok bool) {
			list, ok := value.([]T)
			for _, one := range list {
				all = append(all, show(one))
			}
			return all, ok
		},
		record: func(value any) (shown, bool) {
			one, ok := value.(T)
			return show(one), ok
		},
		stored: func(_ object, r memkv.Frozen) string { return fields(r) },
	}
	if get != nil {
		r.get = func(o object) engine.Op {
			name, args := get(o)
			return engine.Op{Name: name, Header: engine.Header{NS: o.ns}, Args: args}
		}
	}
	return r
}

// snapshotReader reads snapshots. A backend may add labels to those of the record.
func snapshotReader() reader {
	r := newReader(kindSnapshot, op.SnapshotsWalk, func(o object) (op.Name, any) {
		snapshotter, key, _ := strings.Cut(o.name, "/")
		return op.SnapshotsStat, op.Snapshot{Snapshotter: snapshotter, Key: key}
	}, func(i snapshots.Info) shown { return shown{i.Name, i.Parent, i.Labels} },
		func(r memkv.Frozen) string { return string(r.Get("parent")) })
	r.list = func(ns, snapshotter string) engine.Op {
		return engine.Op{Name: op.SnapshotsWalk, Header: engine.Header{NS: ns}, Args: op.SnapshotsWalkArgs{Snapshotter: snapshotter}}
	}
	r.more = func(stored, shown map[string]string) bool {
		for key, value := range stored {
			if shown[key] != value {
				return false
			}
		}
		return true
	}
	return r
}

// checkReads compares every list and every single record with the stored records, after each call. It also reads the
// records that are gone, and changes the labels that it got before it reads again.
func checkReads(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	seen := map[object]memkv.Frozen{}
	for _, o := range h.Ops {
		s.Apply(o)
		now := objectsOf(s)
		maps.Copy(seen, now)
		for again := range 2 {
			for _, r := range readers {
				b := t.readAll(s, r, now, seen)
				if b != nil && again > 0 {
					b.rule = "a read returns labels that the system uses again: " + string(r.kind)
				}
				if b != nil {
					b.detail = fmt.Sprintf("after %s: %s", o, b.detail)
					return b
				}
			}
		}
	}
	return nil
}

// readAll reads the records of one kind in all namespaces.
func (t *trial) readAll(s System, r reader, now, seen map[object]memkv.Frozen) *violation {
	lists := map[object][]object{} // by namespace and snapshotter: the stored records, sorted
	for _, o := range sorted(seen) {
		if o.kind != r.kind {
			continue
		}
		of := object{o.ns, o.kind, ""}
		if o.kind == kindSnapshot {
			of.name, _, _ = strings.Cut(o.name, "/")
		}
		if _, there := now[o]; there {
			lists[of] = append(lists[of], o)
		} else {
			lists[of] = lists[of][:len(lists[of]):len(lists[of])]
		}
		if b := t.readOne(s, r, o, now); b != nil {
			return b
		}
	}
	for _, of := range sorted(lists) {
		call := r.list(of.ns, of.name)
		if t.lacks(call) {
			continue
		}
		result := s.Apply(call)
		got, ok := r.records(result.Value)
		if result.Code != op.OK || !ok {
			return newViolation("a list fails: "+string(call.Name), "%s: %s, %T (%s)", call, result.Code, result.Value, result.Error)
		}
		var names, stored []string
		for _, one := range got {
			names = append(names, one.name)
		}
		for _, o := range lists[of] {
			stored = append(stored, strings.TrimPrefix(o.name, of.name+"/"))
		}
		if !slices.Equal(names, stored) {
			return newViolation("a list has other records, or another order: "+string(call.Name), "%s lists %q, stored are %q", call, names, stored)
		}
		for i, one := range got {
			if b := r.compare(call, one, lists[of][i], now); b != nil {
				return b
			}
		}
	}
	return nil
}

// readOne reads one record, which may be gone.
func (t *trial) readOne(s System, r reader, o object, now map[object]memkv.Frozen) *violation {
	if r.get == nil || t.lacks(r.get(o)) {
		return nil
	}
	call := r.get(o)
	result := s.Apply(call)
	_, there := now[o]
	if !there {
		if result.Code != op.NotFound {
			return newViolation("a read finds a record that is gone: "+string(call.Name), "%s: %s", call, result.Code)
		}
		return nil
	}
	got, ok := r.record(result.Value)
	if result.Code != op.OK || !ok {
		return newViolation("a read fails: "+string(call.Name), "%s: %s, %T (%s)", call, result.Code, result.Value, result.Error)
	}
	return r.compare(call, got, o, now)
}

// compare compares the shown record with the stored one. It then changes the labels that it got.
func (r reader) compare(call engine.Op, got shown, o object, now map[object]memkv.Frozen) *violation {
	want := shown{got.name, r.stored(o, now[o]), labelsOf(now[o])}
	same := maps.Equal(got.labels, want.labels)
	if r.more != nil {
		same = r.more(want.labels, got.labels)
	}
	if _, name, _ := strings.Cut("/"+o.name, "/"); got.name != name && !strings.HasSuffix(o.name, "/"+got.name) || got.fields != want.fields || !same {
		return newViolation("a read differs from the record: "+string(call.Name), "%s returns %s, stored is %s", call, got, want)
	}
	for key := range got.labels {
		got.labels[key] = "changed by the caller"
	}
	return nil
}
