package containerd_test

import (
	"fmt"
	"os"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/containerd"
)

// A single system outside of a bubble. containerd reads the machine's clock, but these calls do not depend on it.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	now := engine.Start
	system, err := containerd.New(dir, func() time.Time { return now }, func(d time.Duration) { now = now.Add(d) })(engine.Setup{Snapshotters: []string{"s"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer system.Close()
	for _, line := range []string{
		`{"op":"snapshots.prepare","ns":"a","snapshotter":"s","key":"u"}`,
		`{"op":"collect"}`,
		`{"op":"snapshots.stat","ns":"a","snapshotter":"s","key":"u"}`,
	} {
		op, _ := op.Parse([]byte(line))
		fmt.Println(system.Apply(op).Code)
	}
	// Output:
	// ok
	// ok
	// not_found
}
