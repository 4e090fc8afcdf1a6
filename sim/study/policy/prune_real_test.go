package policy_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A realStore is an image store that docker or nerdctl pruned, recorded by testdata/prune/run.
type realStore struct {
	Name, Tool string
	Prunes     []struct {
		Now, Until  int64
		All, Failed bool
		Images      []struct {
			ID                   string
			Names                []string
			Created              int64
			InUse, Moved, Refuse bool
		}
		Removed []string
	}
}

// TestPruneEqualsTheImagePrunes gives recorded image stores to the policies docker and nerdctl, and compares the
// removed images. It leaves out images of which a name has moved while a container made by it exists: the tools look
// for the container's name, which a node does not tell the policy.
func TestPruneEqualsTheImagePrunes(t *testing.T) {
	counts := map[string]int{}
	for _, store := range readLines[realStore](t, filepath.Join("testdata", "prune", "nodes.jsonl.gz")) {
		settings := policy.PruneSettings{Command: "image", Every: time.Hour}
		for at, p := range store.Prunes {
			settings.All, settings.Until = p.All, time.Duration(p.Until)
			construct := policy.NewNerdctlPrune
			if store.Tool == "docker" {
				construct = policy.NewDockerPrune
			}
			prune, err := construct(settings)
			if err != nil {
				t.Fatal(err)
			}
			shelf, moved, refuse := &policy.Shelf{}, map[string]bool{}, map[string]bool{}
			untags := false // docker fails to remove a name of an image that stays
			for _, i := range p.Images {
				shelf.Items = append(shelf.Items, policy.Candidate{ID: i.ID, Names: i.Names, Created: time.Unix(0, i.Created), InUse: i.InUse})
				moved[i.ID], refuse[i.ID] = i.Moved, i.Refuse
				untags = untags || i.Refuse && (i.InUse || i.Moved)
				counts[store.Tool+": images"]++
				if i.InUse {
					counts[store.Tool+": images in use"]++
				}
				if i.Moved {
					counts[store.Tool+": images in use under a name that moved"]++
				}
			}
			shelf.Refuse = func(id string) error {
				if refuse[id] {
					return errStuck
				}
				return nil
			}
			err = prune.Release(time.Unix(0, p.Now), shelf)
			left := func(list []string) []string {
				return slices.DeleteFunc(slices.Sorted(slices.Values(list)), func(id string) bool { return moved[id] })
			}
			if got, want := left(shelf.Removed), left(p.Removed); !slices.Equal(got, want) {
				t.Errorf("store %s, prune %d, %s: %+v removed\n%q, want\n%q", store.Name, at+1, prune, p.Images, got, want)
			}
			if store.Tool == "docker" && !untags && p.Failed != (err != nil) {
				t.Errorf("store %s, prune %d: error %v, docker failed: %t", store.Name, at+1, err, p.Failed)
			}
			counts[store.Tool+": prunes"]++
			counts[store.Tool+": removals"] += len(p.Removed)
			if err != nil {
				counts[store.Tool+": prunes with removals that failed"]++
			}
		}
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&text, "%-55s %6d\n", name, counts[name])
	}
	t.Logf("\n%s", &text)
	golden(t, filepath.Join("testdata", "prune", "summary.txt"), text.String())
}

// TestDockerBuilderPruneEqualsTheCacheManager compares docker builder prune with the recorded prunes of BuildKit's
// cache manager by one rule without a filter, which is the request that dockerd sends it.
func TestDockerBuilderPruneEqualsTheCacheManager(t *testing.T) {
	caches, removals := 0, 0
	for _, h := range readLines[realHistory](t, filepath.Join("testdata", "buildkit", "caches.jsonl.gz")) {
		if len(h.Rules) != 1 || h.Rules[0].Filter != nil {
			continue
		}
		r := h.Rules[0]
		prune, err := policy.NewDockerPrune(policy.PruneSettings{
			Command: "builder", All: r.All, Until: time.Duration(r.Keep), Every: time.Hour,
			ReservedSpace: bytes(r.Reserved), MaxUsedSpace: bytes(r.Max), MinFreeSpace: bytes(r.MinFree),
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range h.replay(t, prune, h.inOrder()) {
			if want := h.Prunes[i]; !slices.Equal(got.tried, want.Tried) || got.failed != want.Failed {
				t.Errorf("cache %s, prune %d by %s: removed\n%q, failed %t, want\n%q, failed %t", h.Name, i+1, prune, got.tried, got.failed, want.Tried, want.Failed)
			}
			removals += len(got.tried)
		}
		caches++
	}
	if t.Logf("%d caches, %d removals", caches, removals); caches < 100 || removals < 1000 {
		t.Error("too few caches or removals")
	}
}
