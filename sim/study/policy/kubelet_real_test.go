package policy_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A realNode is a node on which kubelet ran, recorded by testdata/kubelet/run, with its image manager and its eviction
// manager. Times are seconds since the start, or milliseconds as case.go says there.
type realNode struct {
	Name, Layout               string
	High, Low                  int
	MinAge, MaxAge             int64
	Hard, Soft, Grace, Reclaim int64
	Capacity, Seconds, Restart int64
	Events                     []realEvent
	Done                       []realAction
}

type realEvent struct {
	At            int64
	Image         string
	Size          int64
	Pinned, Dead  bool
	InUse, Refuse *bool
	Others        *int64
}

type realAction struct {
	At    int64
	Image string
	Pod   bool
}

// A kubeletNode is a realNode while the policy runs on it.
type kubeletNode struct {
	policy.Shelf
	others       int64
	refuse, dead map[string]bool
}

// Disk implements [policy.Node].
func (n *kubeletNode) Disk() (capacity, free int64) {
	free = n.Capacity - n.others
	for _, c := range n.Items {
		free -= c.Size
	}
	return n.Capacity, max(free, 0)
}

// RemoveDeadContainers implements [policy.DeadContainerRemover].
func (n *kubeletNode) RemoveDeadContainers() error {
	for i := range n.Items {
		if n.dead[n.Items[i].ID] {
			n.Items[i].InUse = false
		}
	}
	clear(n.dead)
	return nil
}

func (n *kubeletNode) apply(e realEvent) {
	at := slices.IndexFunc(n.Items, func(c policy.Candidate) bool { return c.ID == e.Image })
	switch {
	case e.Others != nil:
		n.others = *e.Others
	case e.Size > 0:
		n.Items = append(n.Items, policy.Candidate{ID: e.Image, Size: e.Size, Pinned: e.Pinned})
	case at < 0: // removed before
	case e.Refuse != nil:
		n.refuse[e.Image] = *e.Refuse
	default:
		n.Items[at].InUse, n.dead[e.Image] = *e.InUse || e.Dead, e.Dead
	}
}

// run lets the policy run on the node, with names from rename.
func (r realNode) run(t *testing.T, rename func(string) string) (done []realAction) {
	t.Helper()
	amount := func(n int64) policy.Amount {
		if n <= 100 {
			return policy.Amount{Percent: int(n)}
		}
		return policy.Amount{Bytes: n}
	}
	k, err := policy.NewKubelet(policy.KubeletSettings{
		HighThresholdPercent: r.High, LowThresholdPercent: r.Low,
		MinimumAge: time.Duration(r.MinAge) * time.Millisecond, MaximumAge: time.Duration(r.MaxAge) * time.Millisecond,
		Restart: time.Duration(r.Restart) * time.Second,
		Eviction: policy.Eviction{
			Hard: amount(r.Hard), Soft: amount(r.Soft), Grace: time.Duration(r.Grace) * time.Second,
			MinReclaim: amount(r.Reclaim), ImagesOnly: r.Layout == "split",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := &kubeletNode{refuse: map[string]bool{}, dead: map[string]bool{}}
	n.Capacity = r.Capacity
	names := map[string]string{}
	n.Refuse = func(id string) error {
		if n.refuse[id] {
			return errStuck
		}
		return nil
	}
	next := 0
	every := int64(k.Rhythm().Every / time.Second)
	for at := every; at < r.Seconds; at += every {
		for ; next < len(r.Events) && r.Events[next].At <= at; next++ {
			e := r.Events[next]
			if e.Image != "" {
				names[rename(e.Image)] = e.Image
				e.Image = rename(e.Image)
			}
			n.apply(e)
		}
		n.Removed = nil
		err := k.Release(noon.Add(time.Duration(at)*time.Second), n)
		for _, id := range n.Removed {
			done = append(done, realAction{At: at, Image: names[id]})
		}
		if errors.Is(err, policy.ErrPod) {
			done = append(done, realAction{At: at, Pod: true})
		}
	}
	return done
}

// TestKubeletEqualsItsManagers gives recorded nodes to the policy, and compares all removals of images and evictions
// of pods. Kubelet breaks ties by the order of a Go map, the policy by ID: the test renames the images as
// TestBuildkitEqualsTheCacheManager does.
func TestKubeletEqualsItsManagers(t *testing.T) {
	counts := map[string]int{}
	for _, n := range readLines[realNode](t, filepath.Join("testdata", "kubelet", "nodes.jsonl.gz")) {
		order := map[string]int{}
		for i, d := range n.Done {
			order[d.Image] = i
		}
		got := n.run(t, func(id string) string {
			if at, ok := order[id]; ok {
				return fmt.Sprintf("%04d", at)
			}
			return "kept-" + id
		})
		if !slices.Equal(got, n.Done) {
			t.Errorf("node %s (%s): %v, want %v", n.Name, n.Layout, got, n.Done)
		}
		counts["nodes with the layout "+n.Layout]++
		if n.Hard == 0 && n.Soft == 0 {
			counts["nodes without an eviction manager"]++
			for _, d := range n.Done {
				if d.Image != "" {
					counts["removals of images, without an eviction manager"]++
				}
			}
		}
		if n.Restart != 0 && n.Restart < n.Seconds {
			counts["nodes with restarts"]++
			counts["restarts"] += int((n.Seconds - 1) / n.Restart)
		}
		for _, d := range n.Done {
			if d.Pod {
				counts["evictions of pods"]++
			} else {
				counts["removals of images"]++
			}
		}
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&text, "%-50s %6d\n", name, counts[name])
	}
	t.Logf("\n%s", &text)
	golden(t, filepath.Join("testdata", "kubelet", "summary.txt"), text.String())
}
