package examine_test

import (
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

// TestSalvageNamesObjectsOnDisk removes the records of an image's blobs and of its snapshots. The disk still tells
// their names, sizes, roles and chains.
func TestSalvageNamesObjectsOnDisk(t *testing.T) {
	r := newSoundRoot(t)
	manifest := r.app2.Target.Digest.String()
	lost := []string{r.app2.Config.Digest.String(), r.app2.Layers[1].Digest.String()}
	r.change(t, metaFile, func(tx *bolt.Tx) error {
		for _, digest := range lost {
			if err := bucket(tx, "v1", "k8s.io", "content", "blob").DeleteBucket([]byte(digest)); err != nil {
				return err
			}
		}
		return bucket(tx, "v1", "k8s.io", "snapshots", "native").DeleteBucket([]byte(r.app2.ChainID))
	})
	disk, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	db, err := boltfile.OpenFS(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	s, err := examine.DescribeSalvage(db, examine.SalvageOptions{Disk: disk})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Orphans.Snapshots) != 1 {
		t.Fatalf("snapshots %+v", s.Orphans.Snapshots)
	}
	found := s.Orphans.Snapshots[0]
	if found.Node != "snapshot/k8s.io/native/"+r.app2.ChainID || found.Kind != "committed" || len(found.Chain) != 1 || found.Bytes == nil {
		t.Errorf("snapshot %+v", found)
	}
	blobs := map[string]examine.DiskBlob{}
	for _, b := range s.Orphans.Blobs {
		blobs[b.Digest] = b
	}
	if len(blobs) != len(lost) || len(s.Orphans.MissingBlobs) != 0 {
		t.Errorf("blobs %+v, missing %q", blobs, s.Orphans.MissingBlobs)
	}
	for _, digest := range lost {
		if !slices.Equal(blobs[digest].PartOf, []string{manifest}) {
			t.Errorf("%s is part of %q, want %s", digest, blobs[digest].PartOf, manifest)
		}
	}
	if config := blobs[lost[0]]; config.Content != "config" || config.Bytes != r.app2.Config.Size {
		t.Errorf("configuration %+v", config)
	}
	if layer := blobs[lost[1]]; layer.Content != "" || layer.Bytes != r.app2.Layers[1].Size {
		t.Errorf("layer %+v", layer)
	}
}
