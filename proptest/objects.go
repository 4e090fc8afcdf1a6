package proptest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A kind is a kind of record.
type kind string

// The kinds of records.
const (
	kindContent   kind = "content"
	kindSnapshot  kind = "snapshot"
	kindImage     kind = "image"
	kindContainer kind = "container"
	kindLease     kind = "lease"
	kindIngest    kind = "ingest"
	kindSandbox   kind = "sandbox"
)

// An object names a record of the metadata.
type object struct {
	ns   string
	kind kind
	name string // of a snapshot: its snapshotter, a slash and its key
}

func (o object) String() string { return string(o.kind) + "/" + o.ns + "/" + o.name }

func compareObjects(a, b object) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.ns, b.ns), cmp.Compare(a.name, b.name))
}

// kinds are the buckets of the records of each kind, below the namespace's bucket. Records of snapshots are one level
// deeper.
var kinds = []struct {
	name kind
	path []string
}{
	{kindContent, []string{"content", "blob"}},
	{kindSnapshot, []string{"snapshots"}},
	{kindImage, []string{"images"}},
	{kindContainer, []string{"containers"}},
	{kindLease, []string{"leases"}},
	{kindIngest, []string{"content", "ingests"}},
	{kindSandbox, []string{"sandboxes"}},
}

// objects returns all records of a database.
func objects(db *memkv.DB) map[object]memkv.Frozen {
	all := map[object]memkv.Frozen{}
	_ = db.View(func(tx *memkv.Tx) error {
		spaces, _ := tx.Freeze().Bucket("v1")
		for ns, space := range spaces.All() {
			for _, k := range kinds {
				records, _ := space.Bucket().BucketAt(k.path...)
				for name, record := range records.All() {
					if k.name != kindSnapshot {
						all[object{ns, k.name, name}] = record.Bucket()
						continue
					}
					for key, record := range record.Bucket().All() {
						all[object{ns, k.name, name + "/" + key}] = record.Bucket()
					}
				}
			}
		}
		return nil
	})
	return all
}

// gone returns the sorted objects that are in before and not in after.
func gone[V, W any](before map[object]V, after map[object]W) (all []object) {
	for o := range before {
		if _, there := after[o]; !there {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, compareObjects)
	return all
}

// sorted returns the sorted objects of a map.
func sorted[V any](m map[object]V) []object { return slices.SortedFunc(maps.Keys(m), compareObjects) }

// labelsOf returns the labels of a record.
func labelsOf(record memkv.Frozen) map[string]string {
	labels := map[string]string{}
	b, _ := record.Bucket("labels")
	for key, value := range b.All() {
		labels[key] = value.Text()
	}
	return labels
}
