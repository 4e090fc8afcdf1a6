package profile_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

func Example() {
	p, err := profile.Load("k8s-node")
	if err != nil {
		panic(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
	for range 3 {
		now, _ = p.Containers.Day.Next(now, p.Containers.Starts.Sample(random), random)
		lifetime := p.Containers.Lifetime.Duration(random).Round(time.Second)
		fmt.Println(now.Format("Mon 15:04"), "image", p.Images.Popularity.Count(random), "for", lifetime)
	}
	size := p.Images.LayerSize
	fmt.Printf("layers: median %.0f MB, p90 %.0f MB (%s)\n", size.Median()/1e6, size.Quantile(0.9)/1e6, size.Evidence)
	// Output:
	// Mon 00:48 image 2 for 3m59s
	// Mon 01:33 image 1 for 7h47m38s
	// Mon 02:04 image 41 for 9m2s
	// layers: median 4 MB, p90 63 MB (S)
}
