package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"
)

var (
	cycles      = flag.Int("cycles", 200, "the number of cycles of TestSoak; `make soak` makes 10,000")
	soakObjects = flag.Int("soak-objects", 1000, "the number of objects in the database of TestSoak")
)

// TestSoak creates and deletes objects and collects, many times. Every cycle has new names. The live heap stays the
// same: nothing that the database keeps for itself grows with its past. It does grow in the first cycles, about half as
// many as there are objects: nodes of the backends' trees keep stale copies of removed entries, at most one for each.
func TestSoak(t *testing.T) {
	const samples = 20
	db, err := newAgedDB(holdfast(t), *soakObjects)
	must(t, err)
	begin := db.count(t)
	var heaps []int64
	for n := range *cycles {
		must(t, db.cycle(db.groups+n))
		if (n+1)%max(*cycles/samples, 1) == 0 {
			heaps = append(heaps, liveHeap())
		}
	}
	if end := db.count(t); end != begin {
		t.Errorf("the database holds %s, want %s", end, begin)
	}
	t.Logf("live heap after each twentieth of %d cycles: %d", *cycles, heaps)
	first, last := slices.Max(heaps[:len(heaps)/2]), slices.Max(heaps[len(heaps)*3/4:])
	tolerated := 32<<10 + first/50 // names change from cycle to cycle, so trees are not always equally full
	if last-first > tolerated {
		t.Errorf("the live heap was at most %d bytes in the first half of %d cycles, and %d in the last quarter",
			first, *cycles, last)
	}
}

// cycle makes a group, changes labels, and deletes the group. It collects after each step.
func (db *agedDB) cycle(group int) error {
	images := numbers(groupImages)
	for i := range images {
		images[i] += group * groupImages
	}
	for _, step := range []func() error{
		func() error { return db.inBulk([]int{group}, 1, db.makeGroup) },
		func() error { return db.inBulk(images, groupImages, db.updateLabels) },
		func() error {
			return errors.Join(db.inBulk(images, groupImages, db.deleteImage), db.deleteRest(inDefault, group))
		},
	} {
		db.turn++
		if err := step(); err != nil {
			return err
		}
		if _, err := db.collect(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// deleteRest deletes the leases and ingests of a group.
func (db *agedDB) deleteRest(ctx context.Context, group int) error {
	for i := range groupIngests {
		if err := db.content.Abort(ctx, fmt.Sprintf("upload-%d-%d", group, i)); err != nil {
			return err
		}
	}
	return errors.Join(db.leases.Delete(ctx, lease(leaseID(group))), db.leases.Delete(ctx, lease(uploadsID(group))))
}
