package run

import (
	"fmt"
	"io"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/nerdctl/v2/pkg/api/types"
	"github.com/containerd/nerdctl/v2/pkg/cmd/image"
	"google.golang.org/protobuf/types/known/anypb"
)

// nerdctl is nerdctl on a node where kubelet, nerdctl and BuildKit made images.
type nerdctl struct{ *store }

func (nerdctl) close() {}

func (n nerdctl) step() {
	target := n.target()
	digested := "docker.io/library/app@" + target.Digest.String()
	config := n.target().Digest.String()
	names := []string{}
	switch k := n.random.IntN(100); {
	case k < 20: // a pull by nerdctl, or a build with a name: the record of a name moves
		names = []string{n.name()}
	case k < 30: // a build without a name
		names = []string{"<none>@" + target.Digest.String()}
	case k < 45: // a pull by CRI
		names = []string{n.name(), digested, config}
	case k < 50: // a pull by CRI, by digest
		names = []string{digested, config}
	case k < 55: // a pull by nerdctl, by digest
		names = []string{digested}
	case k < 85:
		if i, ok := n.any(); ok {
			n.run(i)
		}
	default:
		if id := n.stop(); id != "" {
			n.must(n.records.Delete(n.ctx, id))
		}
	}
	for _, name := range names {
		i := images.Image{Name: name, Target: target}
		if _, err := n.images.Update(n.ctx, i); err != nil {
			_, err = n.images.Create(n.ctx, i)
			n.must(err)
		}
	}
}

// run makes a container from an image.
func (n nerdctl) run(i images.Image) {
	n.serial++
	c := containers.Container{ID: fmt.Sprint("container", n.serial), Image: i.Name, Spec: &anypb.Any{TypeUrl: "spec"}}
	c.Runtime.Name = "runc"
	_, err := n.records.Create(n.ctx, c)
	n.must(err)
	n.used[c.ID] = use{i.Target.Digest, i.Name}
}

func (n nerdctl) prune(all bool, until time.Duration) error {
	o := types.ImagePruneOptions{Stdout: io.Discard, All: all}
	if until != 0 {
		o.Filters = []string{"until=" + until.String()}
	}
	return image.Prune(n.ctx, n.client, o)
}
