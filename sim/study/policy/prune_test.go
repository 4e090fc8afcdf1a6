package policy_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

func named(names ...string) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.Names = names }
}

// TestPrune checks which candidates each command removes, on a full node and on an empty one alike.
func TestPrune(t *testing.T) {
	const digest = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	items := []policy.Candidate{
		thing("a-tagged", named("app:1"), created(600)),
		thing("b-new", named("app:2"), created(10)),
		thing("c-used", named("app:3"), created(600), busy),
		thing("d-pinned", named("pause:3"), created(600), pinned),
		thing("e-dangling", named("moby-dangling"+digest), created(600)),
		thing("f-dangling-used", named("moby-dangling"+digest), created(600), busy),
		thing("g-by-digest", named("app"+digest, digest[1:]), created(600)),
		thing("h-tag-and-digest", named("app:4", "app"+digest), created(600)),
		thing("i-port", named("localhost:5000/app"+digest), created(10)),
		thing("j-no-names"),
		record("r-old", 9, sized(10)),
		record("s-internal", 9, sized(10), typed(policy.Internal)),
		record("t-running", 9, sized(10), busy),
	}
	for _, c := range []struct {
		spec string
		want []string
	}{
		{"docker:image", []string{"e-dangling"}},
		{"docker:image,all=true", []string{"a-tagged", "b-new", "d-pinned", "e-dangling", "g-by-digest", "h-tag-and-digest", "i-port", "j-no-names"}},
		{"docker:image,all=true,until=1h", []string{"a-tagged", "d-pinned", "e-dangling", "g-by-digest", "h-tag-and-digest", "j-no-names"}},
		{"docker", []string{"e-dangling", "r-old"}},
		{"docker:builder", []string{"r-old"}},
		{"docker:builder,all=true", []string{"r-old", "s-internal"}},
		{"nerdctl:image", []string{"e-dangling", "f-dangling-used", "g-by-digest", "i-port"}},
		{"nerdctl:image,until=1h", []string{"e-dangling", "f-dangling-used", "g-by-digest"}},
		{"nerdctl:image,all=true,until=1h", []string{"a-tagged", "d-pinned", "e-dangling", "g-by-digest", "h-tag-and-digest", "j-no-names"}},
		{"nerdctl:all=true", []string{"a-tagged", "b-new", "d-pinned", "e-dangling", "g-by-digest", "h-tag-and-digest", "i-port", "j-no-names", "r-old", "s-internal"}},
	} {
		t.Run(c.spec, func(t *testing.T) {
			p := parse(t, c.spec, nil)
			release(t, p, &policy.Shelf{Items: slices.Clone(items)}, noon, nil, c.want...)
			if got := p.Rhythm(); got != (policy.Rhythm{Every: 24 * time.Hour}) {
				t.Errorf("rhythm %+v", got)
			}
		})
	}
}

// After an image that cannot be removed, both tools remove the other images. Docker then leaves the build cache.
func TestPruneAfterAFailedRemoval(t *testing.T) {
	for spec, want := range map[string][]string{
		"docker:all=true":  {"b"},
		"nerdctl:all=true": {"b", "r"},
	} {
		s := &policy.Shelf{Items: []policy.Candidate{thing("a"), thing("b"), record("r", 9)}, Refuse: refuse("a")}
		release(t, parse(t, spec, nil), s, noon, errStuck, want...)
	}
}

// A system prune removes containers that exited before it looks for unused images, unless until spares some by age.
func TestSystemPruneRemovesDeadContainers(t *testing.T) {
	for spec, want := range map[string][]string{
		"docker:all=true":           {"a"},
		"docker:all=true,until=1h":  nil,
		"docker:image,all=true":     nil,
		"nerdctl:system,all=true":   {"a"},
		"nerdctl:builder,all=false": nil,
	} {
		n := &kubeletNode{dead: map[string]bool{"a": true}}
		n.Items = []policy.Candidate{thing("a", created(600), busy)}
		if err := parse(t, spec, nil).Release(noon, n); err != nil || !slices.Equal(n.Removed, want) {
			t.Errorf("%s: removed %q, %v, want %q", spec, n.Removed, err, want)
		}
	}
}

func TestNewPruneChecksItsSettings(t *testing.T) {
	for _, s := range []policy.PruneSettings{
		{Command: "volume", Every: 1}, {Command: "image"}, {Command: "image", Every: 1, Until: -1},
		{Command: "image", Every: 1, MaxUsedSpace: policy.Amount{Bytes: 1}},
	} {
		_, docker := policy.NewDockerPrune(s)
		_, nerdctl := policy.NewNerdctlPrune(s)
		if !errors.Is(docker, errdefs.ErrInvalidArgument) || !errors.Is(nerdctl, errdefs.ErrInvalidArgument) {
			t.Errorf("%+v: %v, %v", s, docker, nerdctl)
		}
	}
}
