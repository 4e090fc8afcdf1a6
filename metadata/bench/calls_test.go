package bench

import (
	"fmt"
	"testing"
)

// Goals for how many times faster Holdfast is.
const (
	writing = 5
	reading = 2.5
)

// A call is one measured operation, in a transaction of its own. Its functions take an object that [side.fill] stored,
// or a fresh object, which only before or do stores. After a turn the database holds the same objects as before it.
type call struct {
	name   string
	goal   float64
	fresh  bool                       // the objects are not stored yet
	before func(*side, *object) error // prepares do, untimed; may be nil
	do     func(*side, *object) error
	after  func(*side, *object) error // undoes do, untimed; may be nil
	slow   bool                       // a turn is one call, because a call takes long
}

var calls = []call{
	{name: "image Create", goal: writing, fresh: true, do: createImage, after: deleteImage},
	{name: "image Get", goal: reading, do: func(s *side, o *object) error {
		_, err := s.images.Get(inDefault, o.image.Name)
		return err
	}},
	{name: "image Update", goal: writing, do: func(s *side, o *object) error {
		_, err := s.images.Update(inDefault, o.image)
		return err
	}},
	{name: "image Update of a label", goal: writing, do: func(s *side, o *object) error {
		_, err := s.images.Update(inDefault, o.image, "labels.example/number")
		return err
	}},
	{name: "image Delete", goal: writing, fresh: true, before: createImage, do: deleteImage},
	{name: "image List", goal: reading, slow: true, do: func(s *side, _ *object) error {
		_, err := s.images.List(inDefault)
		return err
	}},
	{name: "image List by name", goal: reading, slow: true, do: func(s *side, o *object) error {
		_, err := s.images.List(inDefault, "name=="+o.image.Name)
		return err
	}},

	{name: "container Create", goal: writing, fresh: true, do: createContainer, after: deleteContainer},
	{name: "container Get", goal: reading, do: func(s *side, o *object) error {
		_, err := s.containers.Get(inDefault, o.container.ID)
		return err
	}},
	{name: "container Update", goal: writing, do: func(s *side, o *object) error {
		_, err := s.containers.Update(inDefault, o.container)
		return err
	}},
	{name: "container Delete", goal: writing, fresh: true, before: createContainer, do: deleteContainer},

	{name: "lease Create", goal: writing, fresh: true, do: createLease, after: deleteLease},
	{name: "lease AddResource", goal: writing,
		do: func(s *side, o *object) error {
			return s.leases.AddResource(inDefault, o.lease, o.resource)
		},
		after: func(s *side, o *object) error {
			return s.leases.DeleteResource(inDefault, o.lease, o.resource)
		}},
	{name: "lease Delete", goal: writing, fresh: true, before: createLease, do: deleteLease},

	{name: "content ingest and commit", goal: writing, fresh: true, do: ingest, after: deleteBlob},
	{name: "content Info", goal: reading, do: func(s *side, o *object) error {
		_, err := s.content.Info(inDefault, o.info.Digest)
		return err
	}},
	{name: "content Update", goal: writing, do: func(s *side, o *object) error {
		_, err := s.content.Update(inDefault, o.info)
		return err
	}},
	{name: "content Delete", goal: writing, fresh: true,
		before: ingest,
		do:     func(s *side, o *object) error { return s.content.Delete(inDefault, o.info.Digest) },
		after:  func(s *side, o *object) error { return s.blobs.Delete(inDefault, o.info.Digest) }},

	{name: "snapshot Prepare", goal: writing, fresh: true, do: prepare, after: removeActive},
	{name: "snapshot Commit", goal: writing, fresh: true,
		before: prepare,
		do:     func(s *side, o *object) error { return s.snapshots.Commit(inDefault, o.committed, o.active) },
		after:  func(s *side, o *object) error { return s.snapshots.Remove(inDefault, o.committed) }},
	{name: "snapshot Stat", goal: reading, do: func(s *side, o *object) error {
		_, err := s.snapshots.Stat(inDefault, o.active)
		return err
	}},
	{name: "snapshot Remove", goal: writing, fresh: true, before: prepare, do: removeActive},
}

func createImage(s *side, o *object) error {
	_, err := s.images.Create(inDefault, o.image)
	return err
}

func deleteImage(s *side, o *object) error { return s.images.Delete(inDefault, o.image.Name) }

func createContainer(s *side, o *object) error {
	_, err := s.containers.Create(inDefault, o.container)
	return err
}

func deleteContainer(s *side, o *object) error { return s.containers.Delete(inDefault, o.container.ID) }

func createLease(s *side, o *object) error {
	_, err := s.leases.Create(inDefault, o.withLease)
	return err
}

func deleteLease(s *side, o *object) error { return s.leases.Delete(inDefault, o.lease) }

func ingest(s *side, o *object) error { return s.ingest(inDefault, o) }

// deleteBlob also deletes the blob from the backend. Otherwise the next ingest would find it there.
func deleteBlob(s *side, o *object) error {
	if err := s.content.Delete(inDefault, o.info.Digest); err != nil {
		return err
	}
	return s.blobs.Delete(inDefault, o.info.Digest)
}

func prepare(s *side, o *object) error {
	_, err := s.snapshots.Prepare(inDefault, o.active, o.parent)
	return err
}

func removeActive(s *side, o *object) error { return s.snapshots.Remove(inDefault, o.active) }

// TestCalls makes every call on both sides, twice: the second turn fails if the first is not undone.
func TestCalls(t *testing.T) {
	const size = 20
	for _, s := range sides(t) {
		must(t, s.fill(size))
		for _, c := range calls {
			for range 2 {
				if _, err := c.turn(s, c.objects(size, 5)); err != nil {
					t.Errorf("%s, %s: %v", s.name, c.name, err)
				}
			}
		}
	}
}

// BenchmarkCalls serves profiles and counts of allocations. It times one side at a time, preparing and undoing
// included.
func BenchmarkCalls(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			both := filled(b, size)
			for _, c := range calls {
				for i := range both {
					b.Run(fmt.Sprintf("call=%s/impl=%s", c.name, both[i].name), func(b *testing.B) {
						objects := c.objects(size, 1)
						defer reportCPU(b, cpuTime())
						for b.Loop() {
							_, err := c.turn(both[i], objects)
							must(b, err)
						}
					})
				}
			}
		})
	}
}
