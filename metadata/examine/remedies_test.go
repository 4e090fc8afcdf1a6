package examine_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/opencontainers/go-digest"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

// remedies carry out the advice of findings with containerd's own package, on the damage of that name. Afterwards the
// finding is gone. Each begins with the daemon running: Open has been called.
var remedies = []struct {
	damage string // a name in damages or moreDamages
	check  string
	carry  func(t *testing.T, r *soundRoot)
}{
	{"configuration lost", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app1)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"configuration of zeros", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app1)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"configuration of zeros", "blob-damaged", func(t *testing.T, r *soundRoot) {
		r.deleteBlob(t, r.app1.Config.Digest)
		r.Collect()
		r.Write("k8s.io", roottest.Layers(20_000, 5_000))
	}},
	{"layer and snapshot lost", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app2)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:2", roottest.Layers(20_000, 9_000))
	}},
	{"manifest lost", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app1)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"file of a layer lost", "blob-missing", func(t *testing.T, r *soundRoot) {
		r.deleteBlob(t, r.app1.Layers[1].Digest)
		r.Write("k8s.io", roottest.Layers(20_000, 5_000))
	}},
	{"blob that nobody knows", "blob-orphan", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app2) // lets a collection remove another blob
		r.Collect()
	}},
	{"upload without data", "upload-missing", func(t *testing.T, r *soundRoot) {
		if err := r.DB.ContentStore().Abort(r.Context("k8s.io"), "upload-1"); err != nil {
			t.Fatal(err)
		}
	}},
	{"data without an upload", "upload-orphan", func(t *testing.T, r *soundRoot) {
		r.Close()
		removeAll(t, filepath.Join(r.Path, roottest.Content, "ingest/left"))
		r.Open()
	}},
	{"snapshot that containerd has not", "snapshot-orphan", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app2)
		r.Collect()
	}},
	{"snapshot that the snapshotter has lost", "snapshot-lost", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Collect()
	}},
	{"another parent", "snapshot-parent", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Collect()
	}},
	{"a parent that is not committed", "snapshot-kind", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.deleteImage(t, r.app1)
		r.Collect()
	}},
	{"directory lost", "directory-missing", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Collect()
	}},
	{"directory without a record", "directory-orphan", func(t *testing.T, r *soundRoot) {
		r.Close()
		removeAll(t, filepath.Join(r.Path, roottest.Snapshotter, "snapshots/4711"))
		r.Open()
	}},
	{"parent lost", "parent-missing", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.deleteImage(t, r.app1)
		r.Collect()
	}},
	{"snapshot of a container lost", "root-missing", func(t *testing.T, r *soundRoot) { r.deleteContainer(t, "c1") }},
}

// moreDamages are damages that TestDamageIsNamed does not need.
var moreDamages = map[string]func(t *testing.T, r *soundRoot){
	"parent lost": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "k8s.io", "snapshots", "native").DeleteBucket([]byte(r.app1.ChainID))
		})
	},
	"snapshot of a container lost": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		if err := r.DB.Snapshotter("native").Remove(r.Context("k8s.io"), "c1"); err != nil {
			t.Fatal(err)
		}
	},
}

func TestRemediesWork(t *testing.T) {
	for _, remedy := range remedies {
		t.Run(remedy.damage+"/"+remedy.check, func(t *testing.T) {
			r := newSoundRoot(t)
			plant := moreDamages[remedy.damage]
			for _, d := range damages {
				if d.name == remedy.damage {
					plant = d.plant
				}
			}
			plant(t, r)
			found := func() bool {
				findings, _ := r.check(t, true)
				return slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, remedy.check+" ") })
			}
			if !found() {
				t.Fatalf("the damage is not found as %s", remedy.check)
			}
			r.Open()
			remedy.carry(t, r)
			r.Close()
			if found() {
				findings, _ := r.check(t, true)
				t.Errorf("the finding stays after its remedy: %q", findings)
			}
		})
	}
}

// deleteImage deletes all names of an image, and waits for nothing.
func (r *soundRoot) deleteImage(t *testing.T, image roottest.Image) {
	t.Helper()
	store := metadata.NewImageStore(r.DB)
	ctx := r.Context("k8s.io")
	list, err := store.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range list {
		if named.Target.Digest != image.Target.Digest {
			continue
		}
		if err := store.Delete(ctx, named.Name, images.SynchronousDelete()); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *soundRoot) deleteContainer(t *testing.T, id string) {
	t.Helper()
	if err := metadata.NewContainerStore(r.DB).Delete(r.Context("k8s.io"), id); err != nil {
		t.Fatal(err)
	}
}

func (r *soundRoot) deleteBlob(t *testing.T, d digest.Digest) {
	t.Helper()
	if err := r.DB.ContentStore().Delete(r.Context("k8s.io"), d); err != nil {
		t.Fatal(err)
	}
}
