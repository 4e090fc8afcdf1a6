package compare_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A blobPool makes images whose blobs have several roles: a config of one image may be a layer or the manifest of
// another. The labels of a blob then hold objects on behalf of every image that has the blob.
type blobPool []compare.Blob

func newBlobPool(n int) (pool blobPool) {
	for i := range n {
		pool = append(pool, compare.Blob{Digest: digest.FromString(fmt.Sprint("blob ", i)), Size: int64(100 + i)})
	}
	return pool
}

// image returns the image with the manifest pool[manifest]: its config is the next blob, its layers are every step-th
// blob after that.
func (p blobPool) image(namespace, name string, manifest, layers int) *compare.Image {
	i := &compare.Image{Namespace: namespace, Name: fmt.Sprint(name, "@", manifest), Family: name, Names: []string{name}}
	i.Manifest, i.Config = p[manifest], p[(manifest+1)%len(p)]
	chain := ""
	for at := range layers {
		blob := p[(manifest+2+at)%len(p)]
		chain += " " + string(blob.Digest)
		i.Layers = append(i.Layers, compare.Layer{Blob: blob, Chain: digest.FromString(chain), Unpacked: 3 * blob.Size})
	}
	return i
}

// The manifest of one image is the config of another one, which therefore holds all content and snapshots of the first.
func TestManifestIsAConfig(t *testing.T) {
	pool := newBlobPool(6)
	n := newNode(t, "after-deletion", 1e9)
	do := func(second int, e compare.Event) {
		t.Helper()
		e.At = engine.Start.Add(time.Duration(second) * time.Second)
		if err := n.Do(e); err != nil {
			t.Fatal(err)
		}
	}
	do(1, compare.Event{Pull: pool.image("ci", "app:1", 1, 2)})
	do(2, compare.Event{Pull: pool.image("ci", "app:2", 0, 2)})
	used := n.Used()
	do(3, compare.Event{Pull: pool.image("ci", "app:1", 0, 2)}) // app:1 gets the content of app:2
	if err := n.Pass(engine.Start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := n.Used(); got != used || n.Garbage() != 0 {
		t.Errorf("%d bytes on the disk, %d of them garbage; want %d, without garbage", got, n.Garbage(), used)
	}
}

// The ledger agrees with the engine at every collection, whatever the roles of blobs: a disagreement is an error of Do.
func TestBlobsWithSeveralRoles(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		pool := newBlobPool(4 + random.IntN(5))
		images := map[string]*compare.Image{}
		n := newNode(t, []string{"after-deletion+lru:high=50,low=20", "interval:10m+ttl:after=30m", "containerd+kubelet:high=40,low=10,minage=1m"}[seed%3], 9000)
		at := engine.Start
		var running []*compare.Container
		for step := range 150 {
			at = at.Add(time.Duration(random.IntN(int(20 * time.Minute))))
			manifest := random.IntN(len(pool))
			namespace, name := fmt.Sprint("ns-", random.IntN(2)), fmt.Sprint("app:", random.IntN(3))
			image := pool.image(namespace, name, manifest, manifest%4)
			if known := images[namespace+image.Name]; known != nil {
				image = known
			}
			images[namespace+image.Name] = image
			e := compare.Event{At: at}
			switch random.IntN(5) {
			case 0:
				e.Abandon = image
			case 1, 2:
				e.Pull = image
			case 3:
				e.Run = &compare.Container{ID: fmt.Sprint("c-", step), Image: image, Written: 50}
				running = append(running, e.Run)
			default:
				if len(running) == 0 {
					continue
				}
				e.Remove = running[0]
				running = running[1:]
			}
			if err := n.Do(e); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
		}
		if n.Collections() < 5 {
			t.Errorf("seed %d: only %d collections", seed, n.Collections())
		}
	}
}
