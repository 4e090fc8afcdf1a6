package metadata_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	original "github.com/containerd/containerd/v2/core/metadata"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// simpleStores are the stores that need no backend.
type simpleStores struct {
	images     images.Store
	containers containers.Store
	leases     leases.Manager
}

func benchOurs(b *testing.B) simpleStores {
	db := metadata.NewDB(memkv.New(), nil, nil)
	if err := db.Init(context.Background()); err != nil {
		b.Fatal(err)
	}
	return simpleStores{metadata.NewImageStore(db), metadata.NewContainerStore(db), metadata.NewLeaseManager(db)}
}

func benchTheirs(b *testing.B) simpleStores {
	kv, err := bolt.Open(filepath.Join(b.TempDir(), "meta.db"), 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { kv.Close() })
	db := original.NewDB(kv, nil, nil)
	if err := db.Init(context.Background()); err != nil {
		b.Fatal(err)
	}
	return simpleStores{original.NewImageStore(db), original.NewContainerStore(db), original.NewLeaseManager(db)}
}

// fill stores n objects of each kind.
func (s simpleStores) fill(b *testing.B, n int) {
	for i := range n {
		_, err := s.images.Create(inDefault, benchImage(i))
		if err == nil {
			_, err = s.containers.Create(inDefault, benchContainer(i))
		}
		if err == nil {
			_, err = s.leases.Create(inDefault, benchLease(i))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func benchImage(i int) images.Image {
	return images.Image{
		Name:   fmt.Sprintf("registry.example/library/image-%d:latest", i),
		Target: descriptor(fmt.Sprint(i), nil),
		Labels: labels("io.example/managed", "true", "io.example/number", fmt.Sprint(i)),
	}
}

func benchContainer(i int) containers.Container {
	c := container()
	c.ID = fmt.Sprintf("c%d", i)
	c.Spec = foreign{"types.example/spec", fmt.Sprintf("%0512d", i)}
	return c
}

func benchLease(i int) leases.Opt {
	lease := leases.Lease{ID: fmt.Sprintf("lease-%d", i), Labels: labels("containerd.io/gc.expire", "2030-01-01T00:00:00Z")}
	return func(l *leases.Lease) error { *l = lease; return nil }
}

// A benchCall is a call on the stores of one side.
type benchCall func(simpleStores) error

// A benchRow is a call that is measured, and calls around it that are not.
type benchRow struct {
	name   string
	before benchCall // may be nil
	call   benchCall
	after  benchCall // may be nil
}

// benchRows returns all rows, for stores that hold n objects of each kind.
func benchRows(n int) []benchRow {
	image, freshImage := benchImage(n/2), benchImage(n)
	container, freshContainer := benchContainer(n/2), benchContainer(n)
	lease, freshLease := leases.Lease{ID: fmt.Sprintf("lease-%d", n/2)}, leases.Lease{ID: fmt.Sprintf("lease-%d", n)}
	resource := leases.Resource{ID: image.Name, Type: "images"}

	createImage := func(s simpleStores) error { _, err := s.images.Create(inDefault, freshImage); return err }
	deleteImage := func(s simpleStores) error { return s.images.Delete(inDefault, freshImage.Name) }
	createContainer := func(s simpleStores) error { _, err := s.containers.Create(inDefault, freshContainer); return err }
	deleteContainer := func(s simpleStores) error { return s.containers.Delete(inDefault, freshContainer.ID) }
	leaseOpt := benchLease(n)
	createLease := func(s simpleStores) error { _, err := s.leases.Create(inDefault, leaseOpt); return err }
	deleteLease := func(s simpleStores) error { return s.leases.Delete(inDefault, freshLease) }

	return []benchRow{
		{"image/Create", nil, createImage, deleteImage},
		{"image/Get", nil, func(s simpleStores) error { _, err := s.images.Get(inDefault, image.Name); return err }, nil},
		{"image/Update", nil, func(s simpleStores) error { _, err := s.images.Update(inDefault, image); return err }, nil},
		{"image/UpdateLabel", nil, func(s simpleStores) error {
			_, err := s.images.Update(inDefault, image, "labels.io.example/number")
			return err
		}, nil},
		{"image/Delete", createImage, deleteImage, nil},
		{"image/List", nil, func(s simpleStores) error { _, err := s.images.List(inDefault); return err }, nil},
		{"image/Find", nil, func(s simpleStores) error {
			_, err := s.images.List(inDefault, "name=="+image.Name)
			return err
		}, nil},
		{"lease/Create", nil, createLease, deleteLease},
		{"lease/AddResource", nil, func(s simpleStores) error { return s.leases.AddResource(inDefault, lease, resource) },
			func(s simpleStores) error { return s.leases.DeleteResource(inDefault, lease, resource) }},
		{"lease/Delete", createLease, deleteLease, nil},
		{"container/Create", nil, createContainer, deleteContainer},
		{"container/Get", nil, func(s simpleStores) error { _, err := s.containers.Get(inDefault, container.ID); return err }, nil},
		{"container/Update", nil, func(s simpleStores) error { _, err := s.containers.Update(inDefault, container); return err }, nil},
		{"container/Delete", createContainer, deleteContainer, nil},
	}
}

// BenchmarkStores makes each call on both sides in turn, in one process, and
// reports both medians and how many times faster ours is.
func BenchmarkStores(b *testing.B) {
	for _, n := range []int{1000, 100000} {
		var sides [2]simpleStores
		for _, row := range benchRows(n) {
			b.Run(fmt.Sprintf("%s/objects=%d", row.name, n), func(sub *testing.B) {
				if sides[0].images == nil {
					sides = [2]simpleStores{benchOurs(b), benchTheirs(b)}
					sides[0].fill(b, n)
					sides[1].fill(b, n)
				}
				var times [2][]time.Duration
				for range sub.N {
					for i, s := range sides {
						times[i] = append(times[i], row.measure(sub, s))
					}
				}
				ours, theirs := median(times[0]), median(times[1])
				sub.ReportMetric(0, "ns/op")
				sub.ReportMetric(ours, "ours-ns")
				sub.ReportMetric(theirs, "theirs-ns")
				sub.ReportMetric(theirs/ours, "ratio")
			})
		}
	}
}

func (r benchRow) measure(b *testing.B, s simpleStores) time.Duration {
	try := func(call benchCall) {
		if call == nil {
			return
		}
		if err := call(s); err != nil {
			b.Fatal(err)
		}
	}
	try(r.before)
	start := time.Now()
	try(r.call)
	d := time.Since(start)
	try(r.after)
	return d
}

func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2])
}
