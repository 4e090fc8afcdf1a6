package proptest

import (
	"maps"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkNamespaces makes the calls of each namespace without those of the others, and compares results and records.
func checkNamespaces(t *trial, h generate.History) *violation {
	ops := thenCollect(unshared(h.Ops))
	together := t.start(h.Setup)
	var codes []op.Code
	for _, op := range ops {
		codes = append(codes, together.Apply(op).Code)
	}
	for _, ns := range spacesOf(ops) {
		alone := t.start(h.Setup)
		for i, op := range ops {
			if of := spaceOf(op); of != ns && of != "" {
				continue
			}
			if code := alone.Apply(op).Code; code != codes[i] && op.Name != collect.Name {
				return newViolation("a call returned another result: "+string(op.Name), "%s: %s, but %s without the other namespaces", op, codes[i], code)
			}
		}
		a, b := recordsIn(together, ns), recordsIn(alone, ns)
		for _, o := range append(gone(a, b), gone(b, a)...) {
			_, there := a[o]
			return newViolation("another record is stored: "+string(o.kind), "%s: %t, but %t without the other namespaces", o, there, !there)
		}
		for _, o := range sorted(a) {
			if x, y := labelsOf(a[o]), labelsOf(b[o]); !maps.Equal(x, y) {
				return newViolation("other labels are stored: "+string(o.kind), "%s: %v, but %v without the other namespaces", o, x, y)
			}
		}
	}
	return nil
}

// unshared returns Ops without shared blobs: no writer gets a descriptor, and each writer is used and closed at once. A
// writer that stays open could commit a blob that another namespace has uploaded meanwhile.
func unshared(ops []engine.Op) (all []engine.Op) {
	for i, o := range ops {
		switch a := o.Args.(type) {
		case op.WritersWriteArgs, op.WritersCommitArgs:
			continue
		case op.Named:
			if o.Name == op.WritersClose {
				continue
			}
		case op.WritersOpenArgs:
			a.Desc = ocispec.Descriptor{}
			o.Args = a
			all = append(append(all, o), ofWriter(a.Name, o.NS, ops[i+1:])...)
			all = append(all, engine.Op{Name: op.WritersClose, Header: engine.Header{NS: o.NS}, Args: op.Named{Name: a.Name}})
			continue
		}
		all = append(all, o)
	}
	return all
}

// ofWriter returns the Ops that write to a writer and commit it, until it is opened again.
func ofWriter(name, ns string, ops []engine.Op) (all []engine.Op) {
	for _, o := range ops {
		switch a := o.Args.(type) {
		case op.WritersOpenArgs:
			if a.Name == name {
				return all
			}
		case op.WritersWriteArgs:
			if a.Name == name && o.NS == ns {
				all = append(all, o)
			}
		case op.WritersCommitArgs:
			if a.Name == name && o.NS == ns {
				return append(all, o)
			}
		}
	}
	return all
}

// spaceOf returns the namespace that an Op changes, or "" for the whole node.
func spaceOf(o engine.Op) string {
	switch a := o.Args.(type) {
	case op.NamespacesCreateArgs:
		return a.Name
	case op.Named:
		if o.Name == op.NamespacesDelete {
			return a.Name
		}
	}
	return o.NS
}

func spacesOf(ops []engine.Op) (all []string) {
	for _, op := range ops {
		if ns := spaceOf(op); ns != "" && !slices.Contains(all, ns) {
			all = append(all, ns)
		}
	}
	slices.Sort(all)
	return all
}

func recordsIn(s System, ns string) map[object]memkv.Frozen {
	all := objectsOf(s)
	maps.DeleteFunc(all, func(o object, _ memkv.Frozen) bool { return o.ns != ns })
	return all
}

// checkIsolated tries to add the blobs of each namespace to the others by their descriptors alone.
func checkIsolated(t *trial, h generate.History) *violation {
	h.Setup.Isolated = true
	s := t.replay(h.Setup, h.Ops)
	closeWriters(s, h.Ops)
	all := objectsOf(s)
	for _, o := range sorted(all) {
		for _, ns := range spacesOf(h.Ops) {
			if _, has := all[object{ns, kindContent, o.name}]; o.kind != kindContent || ns == o.ns || has {
				continue
			}
			header, dgst := engine.Header{NS: ns}, digest.Digest(o.name)
			desc := ocispec.Descriptor{Digest: dgst, Size: 1}
			open := s.Apply(engine.Op{Name: op.WritersOpen, Header: header, Args: op.WritersOpenArgs{Name: "z", Ref: "z", Desc: desc}})
			if open.Code != op.OK {
				return newViolation("a blob can't be uploaded", "%s into %s: %s (%s)", o, ns, open.Code, open.Error)
			}
			commit := s.Apply(engine.Op{Name: op.WritersCommit, Header: header, Args: op.WritersCommitArgs{Name: "z", Expected: dgst}})
			if commit.Code == op.OK {
				return newViolation("a blob was committed without its bytes", "%s into %s", o, ns)
			}
			s.Apply(engine.Op{Name: op.WritersClose, Header: header, Args: op.Named{Name: "z"}})
			s.Apply(engine.Op{Name: op.ContentAbort, Header: header, Args: op.Ingest{Ref: "z"}})
			for _, read := range []engine.Op{
				{Name: op.ContentInfo, Header: header, Args: op.Blob{Digest: dgst}},
				{Name: op.ContentRead, Header: header, Args: op.ContentReadArgs{Digest: dgst}},
			} {
				if r := s.Apply(read); r.Code != op.NotFound {
					return newViolation("a blob of another namespace can be seen", "%s from %s: %s is %s", o, ns, read.Name, r.Code)
				}
			}
		}
	}
	return nil
}
