package run

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace/noop"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	statsapi "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	"k8s.io/utils/clock"

	"k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/eviction"
	evictionapi "k8s.io/kubernetes/pkg/kubelet/eviction/api"
	"k8s.io/kubernetes/pkg/kubelet/images"
)

var (
	output = flag.String("output", "", "file of the results")
	nodes  = flag.Int("nodes", 1000, "number of nodes")
)

// TestRun lets kubelet run on random nodes, and writes what it did to -output.
func TestRun(t *testing.T) {
	if *output == "" {
		t.Fatal("no -output")
	}
	file, err := os.Create(*output)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	for seed := range *nodes {
		n := random(fmt.Sprintf("%04d", seed+1), rand.New(rand.NewPCG(uint64(seed), 16)))
		t.Run(n.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { n.Done = play(t, n) })
		})
		line, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// random returns a node with random settings and events. Events happen between the checks of kubelet, which are at
// whole multiples of ten seconds.
func random(name string, r *rand.Rand) Node {
	maybe := func(percent int) bool { return r.IntN(100) < percent }
	n := Node{Name: name, Capacity: 1000 + r.Int64N(1_000_000), Seconds: 10 * (60 + r.Int64N(600))}
	n.Layout = []string{"disk", "disk", "imagefs", "split"}[r.IntN(4)]
	n.High = 100
	if maybe(60) {
		n.High = 50 + r.IntN(50)
	}
	n.Low = r.IntN(n.High)
	n.MinAge = 500 + 1000*r.Int64N(400)
	if maybe(30) {
		n.MaxAge = n.MinAge + 1000*(1+r.Int64N(2000))
	}
	amount := func() int64 {
		if maybe(70) {
			return 1 + r.Int64N(40)
		}
		return 101 + r.Int64N(n.Capacity/3)
	}
	n.Hard = amount()
	if maybe(50) {
		n.Soft, n.Grace = amount(), 5*r.Int64N(60)
	}
	if maybe(50) {
		n.Reclaim = amount()
	}
	count := 1 + r.IntN(30)
	for i := range count {
		image := fmt.Sprintf("image%02d", i)
		created := r.Int64N(n.Seconds)
		n.Events = append(n.Events, Event{At: created, Image: image, Size: 1 + r.Int64N(n.Capacity/int64(count)), Pinned: maybe(5)})
		for at, used := created, true; at < n.Seconds; used = !used {
			if at += r.Int64N(n.Seconds/3) + 1; maybe(60) {
				n.Events = append(n.Events, Event{At: at, Image: image, InUse: &used, Dead: !used && maybe(40)})
			}
		}
		if maybe(10) {
			yes, no := true, false
			n.Events = append(n.Events, Event{At: created, Image: image, Refuse: &yes})
			if maybe(50) {
				n.Events = append(n.Events, Event{At: created + r.Int64N(n.Seconds), Image: image, Refuse: &no})
			}
		}
	}
	for range 1 + r.IntN(10) {
		others := r.Int64N(n.Capacity)
		n.Events = append(n.Events, Event{At: r.Int64N(n.Seconds), Others: &others})
	}
	for i := range n.Events {
		n.Events[i].At += 3
		if n.Events[i].At%10 == 0 {
			n.Events[i].At++
		}
	}
	sort.SliceStable(n.Events, func(a, b int) bool { return n.Events[a].At < n.Events[b].At })
	if maybe(50) {
		n.Restart = 10 * (2 + r.Int64N(n.Seconds/10))
	}
	if maybe(30) { // the image manager alone
		n.Hard, n.Soft, n.Grace, n.Reclaim = 0, 0, 0, 0
		if n.Seconds *= 4; n.Restart != 0 {
			n.Restart = 300 * (1 + r.Int64N(20))
		}
		for i := range n.Events {
			n.Events[i].At = 4*n.Events[i].At + 1
		}
	}
	return n
}

// A node is the state of a node. It implements what kubelet's managers need of the container runtime and of statistics.
type node struct {
	container.Runtime
	mu sync.Mutex
	Node
	began  time.Time
	images map[string]*image
	others int64
	next   int // index of the next event
	done   []Done
}

type image struct {
	Event
	inUse, dead, refuse bool
}

func (n *node) apply(e Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.Others != nil {
		n.others = *e.Others
		return
	}
	if e.Size > 0 {
		n.images[e.Image] = &image{Event: e}
		return
	}
	i := n.images[e.Image]
	switch {
	case i == nil: // removed before
	case e.Refuse != nil:
		i.refuse = *e.Refuse
	default:
		i.inUse, i.dead = *e.InUse || e.Dead, e.Dead
	}
}

// at returns the seconds since the start, rounded up: the image manager runs a millisecond before the eviction manager.
func (n *node) at() int64 { return int64((time.Since(n.began) + time.Second - 1) / time.Second) }

func (n *node) ListImages(context.Context) (list []container.Image, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, i := range n.images {
		list = append(list, container.Image{ID: id, Size: i.Size, Pinned: i.Pinned})
	}
	return list, nil
}

func (n *node) GetPods(context.Context, bool) ([]*container.Pod, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	pod := &container.Pod{}
	for id, i := range n.images {
		if i.inUse {
			pod.Containers = append(pod.Containers, &container.Container{ImageID: id})
		}
	}
	return []*container.Pod{pod}, nil
}

func (n *node) GetContainerStatus(context.Context, types.UID, container.ContainerID) (*container.Status, error) {
	return &container.Status{}, nil
}

func (n *node) RemoveImage(_ context.Context, spec container.ImageSpec) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.images[spec.Image].refuse {
		return errors.New("refused")
	}
	delete(n.images, spec.Image)
	n.done = append(n.done, Done{At: n.at(), Image: spec.Image})
	return nil
}

// DeleteAllUnusedContainers removes the containers that exited.
func (n *node) DeleteAllUnusedContainers(context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, i := range n.images {
		if i.dead {
			i.inUse, i.dead = false, false
		}
	}
	return nil
}

func (n *node) free() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	free := n.Capacity - n.others
	for _, i := range n.images {
		free -= i.Size
	}
	return max(free, 0)
}

func (n *node) stats(free int64) *statsapi.FsStats {
	capacity, available := uint64(n.Capacity), uint64(free)
	return &statsapi.FsStats{Time: metav1.Now(), CapacityBytes: &capacity, AvailableBytes: &available}
}

func (n *node) ImageFsStats(context.Context) (*statsapi.FsStats, *statsapi.FsStats, error) {
	s := n.stats(n.free())
	return s, s, nil
}

// Get returns the summary. Other disks than that of the images are empty.
func (n *node) Get(context.Context, bool) (*statsapi.Summary, error) {
	s := &statsapi.Summary{}
	s.Node.Fs, s.Node.Runtime = n.stats(n.Capacity), &statsapi.RuntimeStats{}
	s.Node.Runtime.ImageFs, s.Node.Runtime.ContainerFs = n.stats(n.free()), n.stats(n.Capacity)
	switch n.Layout {
	case "disk":
		s.Node.Fs, s.Node.Runtime.ContainerFs = s.Node.Runtime.ImageFs, s.Node.Runtime.ImageFs
	case "imagefs":
		s.Node.Runtime.ContainerFs = s.Node.Runtime.ImageFs
	}
	return s, nil
}

func (n *node) GetCPUAndMemoryStats(ctx context.Context) (*statsapi.Summary, error) {
	return n.Get(ctx, false)
}

func (n *node) HasDedicatedImageFs(context.Context) (bool, error) { return n.Layout != "disk", nil }

func (n *node) HasDedicatedContainerFs(context.Context) (bool, error) {
	return n.Layout == "split", nil
}

func value(amount int64) evictionapi.ThresholdValue {
	if amount <= 100 {
		return evictionapi.ThresholdValue{Percentage: float32(amount) / 100}
	}
	return evictionapi.ThresholdValue{Quantity: resource.NewQuantity(amount, resource.BinarySI)}
}

// thresholds returns the thresholds of the settings, for each signal in bytes.
func (n Node) thresholds() (list []evictionapi.Threshold) {
	var reclaim *evictionapi.ThresholdValue
	if n.Reclaim != 0 {
		v := value(n.Reclaim)
		reclaim = &v
	}
	for _, signal := range []evictionapi.Signal{evictionapi.SignalNodeFsAvailable, evictionapi.SignalImageFsAvailable} {
		list = append(list, evictionapi.Threshold{Signal: signal, Operator: evictionapi.OpLessThan, Value: value(n.Hard), MinReclaim: reclaim})
		if n.Soft != 0 {
			list = append(list, evictionapi.Threshold{
				Signal: signal, Operator: evictionapi.OpLessThan, Value: value(n.Soft), MinReclaim: reclaim,
				GracePeriod: time.Duration(n.Grace) * time.Second,
			})
		}
	}
	return list
}

// play runs a node.
func play(t *testing.T, settings Node) []Done {
	n := &node{Node: settings, began: time.Now(), images: map[string]*image{}}
	every := n.Restart
	if every == 0 {
		every = n.Seconds
	}
	start := int64(0)
	if n.alone() {
		start = 300
	}
	for ; start < n.Seconds; start += every {
		n.kubelet(t, start, min(start+every, n.Seconds))
	}
	done := n.done
	time.Sleep(time.Hour) // a manager may wait for a pod
	return done
}

// alone reports whether kubelet has no thresholds of the eviction manager, which then does nothing.
func (n *node) alone() bool { return n.Hard == 0 && n.Soft == 0 }

// advance sleeps until a time before a second, and applies the events up to it.
func (n *node) advance(second int64, before time.Duration) {
	time.Sleep(time.Until(n.began.Add(time.Duration(second)*time.Second - before)))
	for ; n.next < len(n.Events) && n.Events[n.next].At <= n.at(); n.next++ {
		n.apply(n.Events[n.next])
	}
}

// kubelet runs kubelet from one second to another. Its managers are new and know nothing of the managers before.
func (n *node) kubelet(t *testing.T, start, end int64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	began := n.began.Add(time.Duration(start) * time.Second)
	events := &record.FakeRecorder{}
	manager, err := images.NewImageGCManager(n, n, nil, events, &v1.ObjectReference{}, images.ImageGCPolicy{
		HighThresholdPercent: n.High, LowThresholdPercent: n.Low,
		MinAge: time.Duration(n.MinAge) * time.Millisecond, MaxAge: time.Duration(n.MaxAge) * time.Millisecond,
	}, noop.NewTracerProvider())
	if err != nil {
		t.Fatal(err)
	}
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "pod", UID: "pod"}}
	kill := func(*v1.Pod, bool, *int64, func(*v1.PodStatus)) error {
		n.done = append(n.done, Done{At: n.at(), Pod: true})
		return nil
	}
	collects := n.High < 100 || n.MaxAge != 0 // as kubelet.go decides
	if n.alone() {
		for second := start; second < end; second++ {
			n.advance(second, 0)
			switch {
			case second == start:
				manager.Start(ctx)
			case collects && (second-start)%300 == 0:
				_ = manager.GarbageCollect(ctx, began)
			}
		}
		synctest.Wait()
		return
	}
	evicter, _ := eviction.NewManager(n, eviction.Config{Thresholds: n.thresholds(), MaxPodGracePeriodSeconds: 30},
		kill, manager, n, events, &v1.ObjectReference{}, clock.RealClock{}, false)
	for second := start + 10; second < end; second++ {
		n.advance(second, time.Millisecond)
		switch {
		case second == start+10:
			manager.Start(ctx)
			time.Sleep(time.Millisecond)
			evicter.Start(ctx, n, func() []*v1.Pod { return []*v1.Pod{pod} }, func(*v1.Pod) bool { return false }, 10*time.Second)
		case collects && (second-start)%300 == 0:
			_ = manager.GarbageCollect(ctx, began)
		}
	}
	synctest.Wait()
}
