package graph_test

import (
	"fmt"
	"log"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// How many objects would a collection remove, now and if an image did not exist?
func Example() {
	db, err := boltfile.Open("../testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	image, err := schema.ParseNode("image/default/example.local/scratch:latest")
	if err != nil {
		log.Fatal(err)
	}
	without := func(g *gc.Graph) (what gc.WhatIf, err error) {
		if id, ok := g.Lookup(image); ok {
			what.Delete = []gc.ID{id}
		}
		return what, nil
	}
	o := graph.Options{Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	err = db.View(func(tx *memkv.Tx) error {
		now, err := graph.Plan(tx.Freeze(), o, nil)
		if err != nil {
			return err
		}
		later, err := graph.Plan(tx.Freeze(), o, without)
		if err != nil {
			return err
		}
		for _, t := range []gc.ResourceType{rules.ResourceContent, rules.ResourceSnapshot} {
			fmt.Printf("%s: %d now, %d without the image\n", rules.KindName(t), now.RemovedCount[t], later.RemovedCount[t])
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// content: 10 now, 13 without the image
	// snapshot: 1 now, 1 without the image
}
