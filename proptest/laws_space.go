package proptest

import (
	"maps"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkNamespaces makes the calls of each namespace without those of the others, and compares results and records.
func checkNamespaces(t *trial, h generate.History) *violation {
	ops := thenCollect(unshared(h.Ops))
	together := t.start(h.Setup)
	var codes []engine.Code
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
				return newViolation("a call returned another result: "+op.Name, "%s: %s, but %s without the other namespaces", op, codes[i], code)
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
	for i, op := range ops {
		switch a := op.Args.(type) {
		case engine.WriterWrite, engine.WriterCommit:
			continue
		case engine.Named:
			if op.Name == "writers.close" {
				continue
			}
		case engine.WriterOpen:
			a.Desc = ocispec.Descriptor{}
			op.Args = a
			all = append(append(all, op), ofWriter(a.Name, op.NS, ops[i+1:])...)
			all = append(all, engine.Op{Name: "writers.close", Header: engine.Header{NS: op.NS}, Args: engine.Named{Name: a.Name}})
			continue
		}
		all = append(all, op)
	}
	return all
}

// ofWriter returns the Ops that write to a writer and commit it, until it is opened again.
func ofWriter(name, ns string, ops []engine.Op) (all []engine.Op) {
	for _, op := range ops {
		switch a := op.Args.(type) {
		case engine.WriterOpen:
			if a.Name == name {
				return all
			}
		case engine.WriterWrite:
			if a.Name == name && op.NS == ns {
				all = append(all, op)
			}
		case engine.WriterCommit:
			if a.Name == name && op.NS == ns {
				return append(all, op)
			}
		}
	}
	return all
}

// spaceOf returns the namespace that an Op changes, or "" for the whole node.
func spaceOf(op engine.Op) string {
	switch a := op.Args.(type) {
	case engine.NamespaceCreate:
		return a.Name
	case engine.Named:
		if op.Name == "namespaces.delete" {
			return a.Name
		}
	}
	return op.NS
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
			open := s.Apply(engine.Op{Name: "writers.open", Header: header, Args: engine.WriterOpen{Name: "z", Ref: "z", Desc: desc}})
			if open.Code != engine.OK {
				return newViolation("a blob can't be uploaded", "%s into %s: %s (%s)", o, ns, open.Code, open.Error)
			}
			commit := s.Apply(engine.Op{Name: "writers.commit", Header: header, Args: engine.WriterCommit{Name: "z", Expected: dgst}})
			if commit.Code == engine.OK {
				return newViolation("a blob was committed without its bytes", "%s into %s", o, ns)
			}
			s.Apply(engine.Op{Name: "writers.close", Header: header, Args: engine.Named{Name: "z"}})
			s.Apply(engine.Op{Name: "content.abort", Header: header, Args: engine.Ingest{Ref: "z"}})
			for _, read := range []engine.Op{
				{Name: "content.info", Header: header, Args: engine.Blob{Digest: dgst}},
				{Name: "content.read", Header: header, Args: engine.BlobRead{Digest: dgst}},
			} {
				if r := s.Apply(read); r.Code != "not_found" {
					return newViolation("a blob of another namespace can be seen", "%s from %s: %s is %s", o, ns, read.Name, r.Code)
				}
			}
		}
	}
	return nil
}
