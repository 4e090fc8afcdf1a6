package compare_test

import (
	"fmt"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

func Example() {
	kubelet, err := compare.ParseCombination("kubelet:maxage=2d")
	if err != nil {
		panic(err)
	}
	running, err := compare.Begin(compare.Study{
		Profile: "edge", Days: 10, Seeds: 4, Seed: 1,
		Policies: []compare.Combination{{Release: []string{"none"}}, kubelet},
	})
	if err != nil {
		panic(err)
	}
	for done := false; !done; { // or running.Run(runtime.NumCPU(), nil, nil)
		if done, err = running.Step(); err != nil {
			panic(err)
		}
	}
	for _, p := range running.Result().Policies {
		fmt.Printf("%-18s %5.1f GB on the disk, %4.1f GB pulled again\n", p.Name, mean(p, "mean bytes")/1e9, mean(p, "bytes pulled again")/1e9)
	}
	// Output:
	// none                13.0 GB on the disk,  0.0 GB pulled again
	// kubelet maxage=2d   12.1 GB on the disk,  0.6 GB pulled again
	// clairvoyant         12.3 GB on the disk,  0.3 GB pulled again
}

func mean(p compare.Policy, name string) float64 {
	for _, m := range p.Metrics {
		if m.Name == name {
			return m.Mean
		}
	}
	return 0
}

// largest is a policy of one's own: each day it lets go of the largest image that is not in use.
type largest struct{}

func (largest) Rhythm() policy.Rhythm { return policy.Rhythm{Every: 24 * time.Hour} }
func (largest) Clone() policy.Policy  { return largest{} }
func (largest) Name() string          { return "largest" }
func (largest) String() string        { return "largest" }

func (largest) Release(_ time.Time, node policy.Node) error {
	var found *policy.Candidate
	for _, c := range node.Candidates() {
		if c.Kind == policy.Image && !c.InUse && (found == nil || c.Size > found.Size) {
			found = &c
		}
	}
	if found == nil {
		return nil
	}
	return node.Remove(found.ID)
}

// A policy of one's own, compared with kubelet.
func ExampleCombination() {
	kubelet, err := compare.ParseCombination("kubelet:high=40,low=30")
	if err != nil {
		panic(err)
	}
	running, err := compare.Begin(compare.Study{
		Profile: "edge", Days: 10, Seeds: 4, Policies: []compare.Combination{kubelet, {Own: largest{}}}, NoClairvoyant: true,
	})
	if err != nil {
		panic(err)
	}
	if err := running.Run(2, nil, nil); err != nil {
		panic(err)
	}
	for _, p := range running.Result().Policies {
		fmt.Printf("%-22s %5.1f GB on the disk, %4.1f GB pulled again\n", p.Name, mean(p, "mean bytes")/1e9, mean(p, "bytes pulled again")/1e9)
	}
	// Output:
	// kubelet high=40 low=30  10.6 GB on the disk,  1.2 GB pulled again
	// largest                 11.1 GB on the disk,  0.8 GB pulled again
}

// A node driven by hand: a container runs and is removed, and the hourly collection removes its snapshot.
func ExampleNode() {
	e, err := engine.New(engine.WithoutSchedule())
	if err != nil {
		panic(err)
	}
	when, err := schedule.Parse("interval:1h")
	if err != nil {
		panic(err)
	}
	node, err := compare.NewNode(compare.NodeOptions{Engine: e, Schedule: when.Start(engine.Start, 0), Disk: 1e9})
	if err != nil {
		panic(err)
	}
	web := &compare.Image{
		Namespace: "default", Name: "web:1", Family: "web",
		Manifest: compare.Blob{Digest: digest.FromString("manifest"), Size: 500},
		Config:   compare.Blob{Digest: digest.FromString("config"), Size: 1500},
		Layers: []compare.Layer{
			{Blob: compare.Blob{Digest: digest.FromString("layer"), Size: 40e6}, Chain: digest.FromString("unpacked"), Unpacked: 100e6},
		},
	}
	c := &compare.Container{ID: "web-1", Image: web, Written: 7e6}
	at := func(minutes int) time.Time { return engine.Start.Add(time.Duration(minutes) * time.Minute) }
	for _, event := range []compare.Event{{At: at(10), Run: c}, {At: at(30), Remove: c}} {
		if err := node.Do(event); err != nil {
			panic(err)
		}
		fmt.Println(node.Used(), "bytes, of which garbage", node.Garbage())
	}
	if err := node.Pass(at(60)); err != nil {
		panic(err)
	}
	fmt.Println(node.Used(), "bytes, of which garbage", node.Garbage())
	// Output:
	// 147002000 bytes, of which garbage 0
	// 147002000 bytes, of which garbage 7000000
	// 140002000 bytes, of which garbage 0
}
