package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// A tool is docker or nerdctl on a store.
type tool interface {
	step() // makes one random change
	prune(all bool, until time.Duration) error
	close()
}

// A store is containerd's store of images, under random changes.
type store struct {
	t       *testing.T
	random  *rand.Rand
	ctx     context.Context
	images  images.Store
	records containers.Store
	client  *containerd.Client
	refuse  map[digest.Digest]bool
	serial  int
	used    map[string]use // by container
}

// A use is an image and the name by which a container was made from it.
type use struct {
	target digest.Digest
	name   string
}

func newStore(t *testing.T, random *rand.Rand) *store {
	s := &store{t: t, random: random, refuse: map[digest.Digest]bool{}, used: map[string]use{}}
	s.ctx = namespaces.WithNamespace(context.Background(), "node")
	folder := t.TempDir()
	db, err := bolt.Open(filepath.Join(folder, "meta.db"), 0o600, &bolt.Options{NoSync: true})
	s.must(err)
	t.Cleanup(func() { db.Close() })
	blobs, err := local.NewStore(folder)
	s.must(err)
	m := metadata.NewDB(db, blobs, nil)
	s.must(m.Init(s.ctx))
	s.images = refusing{metadata.NewImageStore(m), s}
	s.records = metadata.NewContainerStore(m)
	s.client, err = containerd.New("", containerd.WithServices(
		containerd.WithImageStore(s.images), containerd.WithContainerStore(s.records),
		containerd.WithContentStore(content.Store(m.ContentStore())),
		containerd.WithSnapshotters(map[string]snapshots.Snapshotter{"overlayfs": nil}),
		containerd.WithLeasesService(metadata.NewLeaseManager(m)),
	))
	s.must(err)
	return s
}

func (s *store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%+v", err)
	}
}

func (s *store) maybe(percent int) bool { return s.random.IntN(100) < percent }

// name returns a tag, of few.
func (s *store) name() string { return fmt.Sprintf("docker.io/library/app:v%d", s.random.IntN(40)) }

// target returns the target of a new image.
func (s *store) target() ocispec.Descriptor {
	s.serial++
	d := digest.Digest(fmt.Sprintf("sha256:%08x%056d", s.serial, 0))
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: d, Size: 2}
}

func (s *store) all() []images.Image {
	list, err := s.images.List(s.ctx)
	s.must(err)
	return list
}

// any returns a random record; false if there is none.
func (s *store) any() (images.Image, bool) {
	list := s.all()
	if len(list) == 0 {
		return images.Image{}, false
	}
	return list[s.random.IntN(len(list))], true
}

// stop removes a random container and returns its ID.
func (s *store) stop() string {
	if len(s.used) == 0 {
		return ""
	}
	ids := make([]string, 0, len(s.used))
	for id := range s.used {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	id := ids[s.random.IntN(len(ids))]
	delete(s.used, id)
	return id
}

// prune lets a tool prune the store once.
func (s *store) prune(by tool) Prune {
	clear(s.refuse)
	p := Prune{All: s.maybe(60)}
	if s.maybe(60) {
		p.Until = int64(time.Hour) * (1 + s.random.Int64N(200))
	}
	if s.maybe(20) {
		for _, i := range s.all() {
			if s.maybe(15) {
				s.refuse[i.Target.Digest] = true
			}
		}
	}
	p.Now, p.Images = time.Now().UnixNano(), s.list()
	p.Failed = by.prune(p.All, time.Duration(p.Until)) != nil
	clear(s.refuse)
	left := s.list()
	for _, i := range p.Images {
		if !slices.ContainsFunc(left, func(l Image) bool { return l.ID == i.ID }) {
			p.Removed = append(p.Removed, i.ID)
		}
	}
	return p
}

// list returns the images with their records, by ID.
func (s *store) list() (list []Image) {
	records := s.all()
	slices.SortFunc(records, func(a, b images.Image) int {
		return cmp.Or(cmp.Compare(a.Target.Digest, b.Target.Digest), cmp.Compare(a.Name, b.Name))
	})
	for _, r := range records {
		id := r.Target.Digest.String()
		if len(list) == 0 || list[len(list)-1].ID != id {
			list = append(list, Image{ID: id, Refuse: s.refuse[r.Target.Digest]})
		}
		i := &list[len(list)-1]
		i.Names = append(i.Names, r.Name)
		i.Created = max(i.Created, r.CreatedAt.UnixNano())
	}
	for at := range list {
		i := &list[at]
		dangling := strings.HasPrefix(i.Names[0], "moby-dangling@") // dockerd spares it by its digest
		for _, u := range s.used {
			from := u.target.String() == i.ID
			i.InUse = i.InUse || from
			i.Moved = i.Moved || u.name != "" && !dangling && from != slices.Contains(i.Names, u.name)
		}
	}
	return list
}

// refusing is an image store in which some removals fail.
type refusing struct {
	images.Store
	store *store
}

func (r refusing) Delete(ctx context.Context, name string, o ...images.DeleteOpt) error {
	if i, err := r.Get(ctx, name); err == nil && r.store.refuse[i.Target.Digest] {
		return errors.New("refused")
	}
	return r.Store.Delete(ctx, name, o...)
}
