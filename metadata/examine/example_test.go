package examine_test

import (
	"fmt"
	"log"
	"time"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// Which objects would a collection remove from the database of a node, and why does it keep the others?
func Example() {
	db, err := boltfile.Open("../testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	d, err := examine.Open(db, examine.Options{At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		log.Fatal(err)
	}
	p, err := d.Plan()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Containerd, "removes", p.RemovedCount, "and frees", p.RemovedBytes, "bytes")

	w, err := d.Why("snapshot/default/native/web", 0)
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range w.Chains[0] {
		fmt.Println(step.Node, "is", step.Reasons[0].Text)
	}
	// Output:
	// 2.4 removes map[content:10 snapshot:1] and frees 1067551 bytes
	// container/default/web is a root
	// snapshot/default/native/web is root file system of the container
}

// Which objects did a collection by the daemon remove?
func ExampleCompare() {
	before, err := boltfile.Open("../testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	after, err := boltfile.Open("../testdata/fixtures/c242-tiny/after.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	x, err := examine.Compare(before, after)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(x.Removed), "removed,", len(x.Changed), "changed")
	// Output: 11 removed, 0 changed
}
