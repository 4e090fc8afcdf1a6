package bench

import (
	"fmt"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
)

// What a call should be faster by.
const (
	writing = 5
	reading = 2.5
)

// A call is measured, one in a transaction, and undone when it changed something. Its functions take the number of an
// object: that of a standing one, or of one that is not stored unless before or call did it.
type call struct {
	name   string
	goal   float64
	fresh  bool // the objects are not standing ones
	before func(*side, int) error
	do     func(*side, int) error
	after  func(*side, int) error
	slow   bool // takes so long that one makes a turn
}

var calls = []call{
	{name: "image Create", goal: writing, fresh: true, do: createImage, after: deleteImage},
	{name: "image Get", goal: reading, do: func(s *side, i int) error {
		_, err := s.images.Get(inDefault, imageName(i))
		return err
	}},
	{name: "image Update", goal: writing, do: func(s *side, i int) error {
		_, err := s.images.Update(inDefault, image(i))
		return err
	}},
	{name: "image Update of a label", goal: writing, do: func(s *side, i int) error {
		_, err := s.images.Update(inDefault, image(i), "labels.example/number")
		return err
	}},
	{name: "image Delete", goal: writing, fresh: true, before: createImage, do: deleteImage},
	{name: "image List", goal: reading, slow: true, do: func(s *side, _ int) error {
		_, err := s.images.List(inDefault)
		return err
	}},
	{name: "image List by name", goal: reading, slow: true, do: func(s *side, i int) error {
		_, err := s.images.List(inDefault, "name=="+imageName(i))
		return err
	}},

	{name: "container Create", goal: writing, fresh: true, do: createContainer, after: deleteContainer},
	{name: "container Get", goal: reading, do: func(s *side, i int) error {
		_, err := s.containers.Get(inDefault, containerID(i))
		return err
	}},
	{name: "container Update", goal: writing, do: func(s *side, i int) error {
		_, err := s.containers.Update(inDefault, container(i))
		return err
	}},
	{name: "container Delete", goal: writing, fresh: true, before: createContainer, do: deleteContainer},

	{name: "lease Create", goal: writing, fresh: true, do: createLease, after: deleteLease},
	{name: "lease AddResource", goal: writing,
		do: func(s *side, i int) error {
			return s.leases.AddResource(inDefault, lease(i), leases.Resource{ID: imageName(i), Type: "images"})
		},
		after: func(s *side, i int) error {
			return s.leases.DeleteResource(inDefault, lease(i), leases.Resource{ID: imageName(i), Type: "images"})
		}},
	{name: "lease Delete", goal: writing, fresh: true, before: createLease, do: deleteLease},

	{name: "content ingest and commit", goal: writing, fresh: true, do: ingest, after: deleteBlob},
	{name: "content Info", goal: reading, do: func(s *side, i int) error {
		_, err := s.content.Info(inDefault, blobOf(i).digest)
		return err
	}},
	{name: "content Update", goal: writing, do: func(s *side, i int) error {
		_, err := s.content.Update(inDefault, content.Info{
			Digest: blobOf(i).digest,
			Labels: map[string]string{"example/number": "7"},
		}, "labels.example/number")
		return err
	}},
	{name: "content Delete", goal: writing, fresh: true,
		before: ingest,
		do:     func(s *side, i int) error { return s.content.Delete(inDefault, blobOf(i).digest) },
		after:  func(s *side, i int) error { return s.blobs.Delete(inDefault, blobOf(i).digest) }},

	{name: "snapshot Prepare", goal: writing, fresh: true, do: prepare, after: removeActive},
	{name: "snapshot Commit", goal: writing, fresh: true,
		before: prepare,
		do:     func(s *side, i int) error { return s.snapshots.Commit(inDefault, committedKey(i), activeKey(i)) },
		after:  func(s *side, i int) error { return s.snapshots.Remove(inDefault, committedKey(i)) }},
	{name: "snapshot Stat", goal: reading, do: func(s *side, i int) error {
		_, err := s.snapshots.Stat(inDefault, activeKey(i))
		return err
	}},
	{name: "snapshot Remove", goal: writing, fresh: true, before: prepare, do: removeActive},
}

func createImage(s *side, i int) error {
	_, err := s.images.Create(inDefault, image(i))
	return err
}

func deleteImage(s *side, i int) error { return s.images.Delete(inDefault, imageName(i)) }

func createContainer(s *side, i int) error {
	_, err := s.containers.Create(inDefault, container(i))
	return err
}

func deleteContainer(s *side, i int) error { return s.containers.Delete(inDefault, containerID(i)) }

func createLease(s *side, i int) error {
	_, err := s.leases.Create(inDefault, withLease(i))
	return err
}

func deleteLease(s *side, i int) error { return s.leases.Delete(inDefault, lease(i)) }

func ingest(s *side, i int) error { return s.ingest(inDefault, i) }

// deleteBlob deletes it from the backend too, which would otherwise have it when it is written again.
func deleteBlob(s *side, i int) error {
	if err := s.content.Delete(inDefault, blobOf(i).digest); err != nil {
		return err
	}
	return s.blobs.Delete(inDefault, blobOf(i).digest)
}

func prepare(s *side, i int) error {
	_, err := s.snapshots.Prepare(inDefault, activeKey(i), baseKey)
	return err
}

func removeActive(s *side, i int) error { return s.snapshots.Remove(inDefault, activeKey(i)) }

// TestCalls makes every call on both sides.
func TestCalls(t *testing.T) {
	const standing = 20
	for _, s := range sides(t) {
		must(t, s.fill(standing))
		for _, c := range calls {
			for range 2 { // what a call did must be undone
				if _, err := c.turn(s, standing, 5); err != nil {
					t.Errorf("%s, %s: %v", s.name, c.name, err)
				}
			}
		}
	}
}

// BenchmarkCalls is for profiles and for counting allocations: it times one side at a time, and with what undoes the call.
func BenchmarkCalls(b *testing.B) {
	for _, standing := range scales {
		b.Run(fmt.Sprintf("objects=%d", standing), func(b *testing.B) {
			both := filled(b, standing)
			for _, c := range calls {
				for i := range both {
					b.Run(fmt.Sprintf("%s/%s", c.name, both[i].name), func(b *testing.B) {
						for b.Loop() {
							_, err := c.turn(both[i], standing, 1)
							must(b, err)
						}
					})
				}
			}
		})
	}
}
