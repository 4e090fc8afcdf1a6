package schedule_test

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// containerd collects a tenth of a second after it starts. After that, a scheduled
// collection is skipped until something is deleted.
func Example() {
	start := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	var policy schedule.Policy = schedule.NewContainerd(schedule.Defaults(), start)

	deleted := start.Add(2 * time.Second)
	for {
		now, _ := policy.Next()
		if !deleted.IsZero() && deleted.Before(now) {
			fmt.Println(deleted.Sub(start), "something is deleted")
			policy.Mutation(deleted, schedule.Change{Dirty: true})
			deleted = time.Time{}
			continue
		}
		if now.Sub(start) > 4*time.Second {
			break
		}
		if policy.Begin(now) {
			fmt.Println(now.Sub(start), "collect")
			policy.End(now.Add(20*time.Millisecond), schedule.Result{Lock: 10 * time.Millisecond})
		} else {
			fmt.Println(now.Sub(start), "no need")
		}
	}
	// Output:
	// 100ms collect
	// 610ms no need
	// 1.1s no need
	// 1.59s no need
	// 2s something is deleted
	// 2.08s collect
	// 2.59s no need
	// 3.08s no need
	// 3.57s no need
}
