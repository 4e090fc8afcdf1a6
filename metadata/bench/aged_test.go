package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/protobuf/types/known/anypb"
)

// An agedDB is a database with a past. The stores built it in many transactions, deleted a third of its objects and
// made them again, and updated labels. So its records are scattered in memory and in the file, as on a node.
//
// It consists of groups. A group has groupObjects objects:
//
//	10 images, each with a manifest, a config and two layers of its own, and a snapshot of each of these layers
//	 8 layers and the chain of their 8 snapshots, which all images of the group share
//	 5 containers of the first five images, each with an active snapshot
//	 2 leases: of an image's manifest until 2100, and of the group's ingests
//	 2 open ingests
type agedDB struct {
	*side
	groups int
	turn   int // number of turns so far; it varies the changed objects
}

const (
	groupObjects    = 100
	groupImages     = 10
	groupContainers = 5
	groupIngests    = 2
	sharedLayers    = 8
	ownLayers       = 2
	objectsInTx     = 1000 // in one transaction, when objects are made or deleted in bulk
)

// newAgedDB builds a database of n objects on an empty side.
func newAgedDB(s *side, n int) (*agedDB, error) {
	db := &agedDB{side: s, groups: max(n/groupObjects, 1)}
	if err := db.inBulk(numbers(db.groups), objectsInTx/groupObjects, db.makeGroup); err != nil {
		return nil, err
	}
	return db, db.age()
}

// age deletes a third of the images with all their objects, collects, and makes them again in another order. Then it
// updates labels of another third.
func (db *agedDB) age() error {
	var old, updated []int
	for i := range db.groups * groupImages {
		switch i % 3 {
		case 0:
			old = append(old, i)
		case 1:
			updated = append(updated, i)
		}
	}
	const imagesInTx = objectsInTx / (groupObjects / groupImages)
	r := newRand()
	shuffle := func(list []int) { r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] }) }
	shuffle(old)
	if err := db.inBulk(old, imagesInTx, db.deleteObjects); err != nil {
		return err
	}
	if _, err := db.collect(context.Background()); err != nil {
		return err
	}
	shuffle(old)
	if err := db.inBulk(old, imagesInTx, db.makeImage); err != nil {
		return err
	}
	shuffle(updated)
	if err := db.inBulk(updated, imagesInTx, db.updateLabels); err != nil {
		return err
	}
	_, err := db.collect(context.Background())
	return err
}

// inBulk calls fn with each element of list, with count elements in one transaction.
func (db *agedDB) inBulk(list []int, count int, fn func(context.Context, int) error) error {
	for len(list) > 0 {
		n := min(count, len(list))
		err := db.together(func(ctx context.Context) error {
			for _, i := range list[:n] {
				if err := fn(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// newRand returns the same source of random numbers every time.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// numbers returns the numbers below n.
func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// layer returns the bytes and the chain ID of a layer: an image's own layer, or one that its group shares.
func layer(image, at int) (data, chain string) {
	data = fmt.Sprintf("layer %d of group %d", at, image/groupImages)
	if at >= sharedLayers {
		data = fmt.Sprintf("layer %d of image %d", at, image)
	}
	return data, digest.FromString("chain " + data).String()
}

func imageName(i int) string     { return fmt.Sprintf("registry.example/library/image-%d:latest", i) }
func manifestOf(i int) string    { return fmt.Sprint("manifest ", i) }
func configOf(i int) string      { return fmt.Sprint("config ", i) }
func containerID(i int) string   { return digest.FromString(fmt.Sprint("container ", i)).Encoded() }
func leaseID(group int) string   { return fmt.Sprint("lease-", group) }
func uploadsID(group int) string { return fmt.Sprint("uploads-", group) }

func lease(id string) leases.Lease { return leases.Lease{ID: id} }

// makeGroup makes all objects of a group.
func (db *agedDB) makeGroup(ctx context.Context, group int) error {
	for i := range groupImages {
		if err := db.makeImage(ctx, group*groupImages+i); err != nil {
			return err
		}
	}
	for i := range groupIngests {
		ref := fmt.Sprintf("upload-%d-%d", group, i)
		w, err := db.content.Writer(ctx, content.WithRef(ref), content.WithDescriptor(ocispec.Descriptor{Size: 100}))
		if err != nil {
			return err
		}
		_, err = w.Write([]byte(ref))
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
		if i == 0 {
			if _, err := db.leases.Create(ctx, leases.WithID(uploadsID(group))); err != nil {
				return err
			}
		}
		err = db.leases.AddResource(ctx, lease(uploadsID(group)), leases.Resource{ID: ref, Type: "ingests"})
		if err != nil {
			return err
		}
	}
	return db.makeLease(ctx, group)
}

// makeLease leases the manifest of a group's last image.
func (db *agedDB) makeLease(ctx context.Context, group int) error {
	_, err := db.leases.Create(ctx, leases.WithID(leaseID(group)),
		leases.WithLabel("containerd.io/gc.expire", "2100-01-01T00:00:00Z"))
	if err != nil {
		return err
	}
	manifest := digest.FromString(manifestOf(group*groupImages + groupImages - 1))
	return db.leases.AddResource(ctx, lease(leaseID(group)),
		leases.Resource{ID: manifest.String(), Type: "content"})
}

// makeImage makes an image and each missing object that belongs to it.
func (db *agedDB) makeImage(ctx context.Context, i int) error {
	manifest := map[string]string{"containerd.io/gc.ref.content.config": digest.FromString(configOf(i)).String()}
	parent := ""
	for at := range sharedLayers + ownLayers {
		data, chain := layer(i, at)
		manifest[fmt.Sprint("containerd.io/gc.ref.content.l.", at)] = digest.FromString(data).String()
		err := db.put(ctx, data, map[string]string{"containerd.io/distribution.source.registry.example": "library/image"})
		if err == nil {
			err = db.extract(ctx, chain, parent)
		}
		if err != nil {
			return err
		}
		parent = chain
	}
	err := db.put(ctx, configOf(i), map[string]string{"containerd.io/gc.ref.snapshot." + snapshotterName: parent})
	if err != nil {
		return err
	}
	if err := db.put(ctx, manifestOf(i), manifest); err != nil {
		return err
	}
	if _, err := db.images.Create(ctx, imageOf(i)); err != nil {
		return err
	}
	if i%groupImages >= groupContainers {
		return nil
	}
	if _, err := db.snapshots.Prepare(ctx, containerID(i), parent); err != nil {
		return err
	}
	_, err = db.containers.Create(ctx, containers.Container{
		ID:          containerID(i),
		Labels:      map[string]string{"io.kubernetes.container.name": "app", "io.kubernetes.pod.namespace": "default"},
		Image:       imageName(i),
		Runtime:     containers.RuntimeInfo{Name: "io.containerd.runc.v2"},
		Spec:        &anypb.Any{TypeUrl: "types.example/spec", Value: make([]byte, 512)},
		SnapshotKey: containerID(i),
		Snapshotter: snapshotterName,
	})
	return err
}

func imageOf(i int) images.Image {
	return images.Image{
		Name: imageName(i),
		Target: ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest,
			Digest:    digest.FromString(manifestOf(i)),
			Size:      int64(len(manifestOf(i))),
		},
		Labels: map[string]string{"io.cri-containerd.image": "managed", "example/revision": "0"},
	}
}

// put stores a blob, unless it is there.
func (db *agedDB) put(ctx context.Context, data string, labels map[string]string) error {
	dgst := digest.FromString(data)
	if _, err := db.content.Info(ctx, dgst); err == nil {
		return nil
	}
	return db.write(ctx, "upload-"+dgst.String(), []byte(data), content.Info{
		Digest: dgst, Size: int64(len(data)), Labels: labels,
	})
}

// extract makes a committed snapshot, unless it is there.
func (db *agedDB) extract(ctx context.Context, chain, parent string) error {
	if _, err := db.snapshots.Stat(ctx, chain); err == nil {
		return nil
	}
	label := snapshots.WithLabels(map[string]string{"containerd.io/snapshot.ref": chain})
	if _, err := db.snapshots.Prepare(ctx, "extract "+chain, parent, label); err != nil {
		return err
	}
	return db.snapshots.Commit(ctx, chain, "extract "+chain, label)
}

// deleteImage deletes an image and its container. The rest of its objects becomes garbage, except for objects that
// other images need.
func (db *agedDB) deleteImage(ctx context.Context, i int) error {
	if i%groupImages < groupContainers {
		if err := db.containers.Delete(ctx, containerID(i)); err != nil {
			return err
		}
	}
	return db.images.Delete(ctx, imageName(i))
}

// deleteObjects deletes an image and all objects that no other image shares.
func (db *agedDB) deleteObjects(ctx context.Context, i int) error {
	if err := db.deleteImage(ctx, i); err != nil {
		return err
	}
	var chains []string // children first
	if i%groupImages < groupContainers {
		chains = append(chains, containerID(i))
	}
	blobs := []string{manifestOf(i), configOf(i)}
	for at := sharedLayers + ownLayers - 1; at >= sharedLayers; at-- {
		data, chain := layer(i, at)
		blobs, chains = append(blobs, data), append(chains, chain)
	}
	for _, data := range blobs {
		if err := db.content.Delete(ctx, digest.FromString(data)); err != nil {
			return err
		}
	}
	for _, chain := range chains {
		if err := db.snapshots.Remove(ctx, chain); err != nil {
			return err
		}
	}
	return nil
}

// updateLabels changes a label of an image, of its manifest and of its last snapshot. It changes no reference.
func (db *agedDB) updateLabels(ctx context.Context, i int) error {
	if err := db.relabelImage(ctx, i); err != nil {
		return err
	}
	if err := db.relabelManifest(ctx, i); err != nil {
		return err
	}
	return db.relabelSnapshot(ctx, i)
}

func (db *agedDB) relabelImage(ctx context.Context, i int) error {
	image := imageOf(i)
	image.Labels["example/revision"] = fmt.Sprint(db.turn)
	_, err := db.images.Update(ctx, image, "labels.example/revision")
	return err
}

func (db *agedDB) relabelManifest(ctx context.Context, i int) error {
	_, err := db.content.Update(ctx, content.Info{
		Digest: digest.FromString(manifestOf(i)),
		Labels: map[string]string{"example/revision": fmt.Sprint(db.turn)},
	}, "labels.example/revision")
	return err
}

func (db *agedDB) relabelSnapshot(ctx context.Context, i int) error {
	_, chain := layer(i, sharedLayers)
	_, err := db.snapshots.Update(ctx, snapshots.Info{
		Name:   chain,
		Labels: map[string]string{"example/revision": fmt.Sprint(db.turn)},
	}, "labels.example/revision")
	return err
}

// TestAgedDB counts the objects of an aged database in both implementations: ageing leaves as many as the groups have.
func TestAgedDB(t *testing.T) {
	const groups = 3
	for _, s := range sides(t) {
		db, err := newAgedDB(s, groups*groupObjects)
		must(t, err)
		counts := db.count(t)
		if want := "30 images, 15 containers, 6 leases, 144 blobs, 6 ingests, 99 snapshots"; counts != want {
			t.Errorf("%s: %s, want %s", s.name, counts, want)
		}
	}
}

// count describes the objects of the database.
func (db *agedDB) count(tb testing.TB) string {
	imgs, err := db.images.List(inDefault)
	must(tb, err)
	cs, err := db.containers.List(inDefault)
	must(tb, err)
	ls, err := db.leases.List(inDefault)
	must(tb, err)
	ingests, err := db.content.ListStatuses(inDefault)
	must(tb, err)
	var blobs, chains int
	must(tb, db.content.Walk(inDefault, func(content.Info) error { blobs++; return nil }))
	must(tb, db.snapshots.Walk(inDefault, func(_ context.Context, info snapshots.Info) error {
		if strings.HasPrefix(info.Name, "extract") {
			tb.Errorf("the snapshot %q is left", info.Name)
		}
		chains++
		return nil
	}))
	return fmt.Sprintf("%d images, %d containers, %d leases, %d blobs, %d ingests, %d snapshots",
		len(imgs), len(cs), len(ls), blobs, len(ingests), chains)
}
