package run

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/distribution/reference"
	containertypes "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/v2/daemon/container"
	dockerd "github.com/moby/moby/v2/daemon/containerd"
	"github.com/moby/moby/v2/daemon/events"
	"github.com/opencontainers/go-digest"

	"github.com/containerd/containerd/v2/core/images"
)

// docker is dockerd's image service.
type docker struct {
	*store
	service    *dockerd.ImageService
	containers container.Store
}

func newDocker(s *store) *docker {
	d := &docker{store: s, containers: container.NewMemoryStore()}
	d.service = dockerd.NewService(dockerd.ImageServiceConfig{
		Client: s.client, Containers: d.containers, Snapshotter: "overlayfs", EventsService: events.New(),
	})
	return d
}

func (d *docker) close() { d.must(d.service.Cleanup()) }

func (d *docker) step() {
	switch n := d.random.IntN(100); {
	case n < 45: // a build: an image without a name, and then perhaps with some
		target := d.target()
		_, err := d.images.Create(d.ctx, images.Image{Name: "moby-dangling@" + target.Digest.String(), Target: target})
		d.must(err)
		for d.maybe(70) {
			d.tag(target.Digest)
		}
	case n < 55:
		if i, ok := d.any(); ok {
			d.tag(i.Target.Digest)
		}
	case n < 85:
		if i, ok := d.any(); ok {
			d.run(i)
		}
	default:
		d.containers.Delete(d.stop())
	}
}

// tag tags an image, as docker tag and a build do. The image that had the tag may lose its last one.
func (d *docker) tag(target digest.Digest) {
	name, err := reference.ParseNormalizedNamed(d.name())
	d.must(err)
	d.must(tag(d.service.TagImage, d.ctx, target, name))
}

// tag calls a function with a type of its argument that only dockerd can name.
func tag[ID ~string](f func(context.Context, ID, reference.Named) error, ctx context.Context, target digest.Digest, name reference.Named) error {
	return f(ctx, ID(target), name)
}

// run makes a container from an image, by one of the references that docker run takes.
func (d *docker) run(i images.Image) {
	d.serial++
	c := container.NewBaseContainer(fmt.Sprint("container", d.serial), "")
	id := i.Target.Digest
	set(&c.ImageID, id)
	u := use{target: id}
	named, err := reference.ParseNormalizedNamed(i.Name)
	tagged := err == nil && !reference.IsNameOnly(named) && i.Name != "moby-dangling@"+id.String()
	switch n := d.random.IntN(10); {
	case n < 5 && tagged:
		c.Config = &containertypes.Config{Image: reference.FamiliarString(named)}
		u.name = i.Name
	case n < 6 && tagged:
		c.Config = &containertypes.Config{Image: reference.FamiliarString(named) + "@" + id.String()}
		u.name = i.Name
	case n < 7 && tagged:
		c.Config = &containertypes.Config{Image: reference.FamiliarName(named) + "@" + id.String()}
	case n < 9:
		c.Config = &containertypes.Config{Image: id.Encoded()[:12]}
	default:
		c.Config = &containertypes.Config{Image: id.String()}
	}
	d.containers.Add(c.ID, c)
	d.used[c.ID] = u
}

func set[ID ~string](field *ID, to digest.Digest) { *field = ID(to) }

func (d *docker) prune(all bool, until time.Duration) error {
	filters := map[string]map[string]bool{"dangling": {fmt.Sprint(!all): true}}
	if until != 0 {
		filters["until"] = map[string]bool{until.String(): true}
	}
	text, err := json.Marshal(filters)
	d.must(err)
	return prune(d.service.ImagePrune, d.ctx, text)
}

// prune calls a function with filters, whose type only dockerd can name, as its API does.
func prune[Filters, Report any](f func(context.Context, Filters) (Report, error), ctx context.Context, text []byte) error {
	var filters Filters
	if err := json.Unmarshal(text, &filters); err != nil {
		return err
	}
	_, err := f(ctx, filters)
	return err
}
