package examine

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A Plan is the result of a collection that has not been carried out.
type Plan struct {
	Basis

	Deleted []string `json:"deleted,omitempty"` // nodes that are assumed to be deleted before the collection

	// Fails is the error of the collection, which then removes nothing. It is empty if the collection succeeds.
	Fails string `json:"fails,omitempty"`

	Removed []string `json:"removed"` // nodes, sorted as strings
	// RemovedSizes are the own bytes of the nodes in Removed, in the same order: the size of a blob, which other
	// namespaces may keep, or of a snapshot. It is 0 for other kinds, and -1 for a snapshot of unknown size.
	RemovedSizes []int64 `json:"removedSizes"`

	RemovedCount map[string]int `json:"removedCount"` // by kind, without kinds that have none
	KeptCount    map[string]int `json:"keptCount"`    // likewise

	// RemovedBytes and KeptBytes are the sizes of blobs, each digest once, and of snapshots with a known size. Objects
	// in Deleted count as removed.
	RemovedBytes int64 `json:"removedBytes"`
	KeptBytes    int64 `json:"keptBytes"`

	// UnsizedSnapshots is the number of removed snapshots with an unknown size, which RemovedBytes leaves out.
	UnsizedSnapshots int `json:"unsizedSnapshots"`

	// Withheld are the namespaces of which records are lost ([Options.Lost]), sorted. No object in them is called
	// garbage: a lost record may keep it.
	Withheld []Withheld `json:"withheld,omitempty"`

	// Difference compares the plan with a plan without the deletion of Deleted. It is nil if nothing is deleted.
	Difference *Difference `json:"difference,omitempty"`

	// Next is the next expiry after the collection. It is nil if nothing expires later.
	Next *Expiry `json:"next,omitempty"`

	// Until are the expiries up to [PlanOptions.Until], the first 20 of UntilCount. UntilFreed is the sum over all of
	// them.
	Until      []Expiry `json:"until,omitempty"`
	UntilCount int      `json:"untilCount,omitempty"`
	UntilFreed *Part    `json:"untilFreed,omitempty"`

	// Others are the other versions that write databases of this schema, oldest first. It is empty if the version was
	// given.
	Others []Other `json:"others,omitempty"`
}

// An Other is the difference between the plan and that of another version of containerd.
type Other struct {
	Containerd string   `json:"containerd"`
	Differs    int      `json:"differs"`           // number of nodes in Removes and Keeps
	Removes    []string `json:"removes,omitempty"` // nodes that only this version removes
	Keeps      []string `json:"keeps,omitempty"`   // nodes that only this version keeps
	Fails      string   `json:"fails,omitempty"`   // the error of its collection; empty if it succeeds
}

// A Withheld is a namespace whose objects are not called garbage, because records of it are lost.
type Withheld struct {
	Namespace string `json:"namespace"`
	Objects   int    `json:"objects"` // that the plan would remove if nothing were lost
	Lost      string `json:"lost"`    // the first lost part that matters, as text
}

// deletable are the kinds of objects that a user can delete.
var deletable = []metadata.ResourceType{
	metadata.ResourceImage, metadata.ResourceLease, metadata.ResourceContainer, metadata.ResourceSnapshot, metadata.ResourceContent,
}

// PlanOptions configure [Database.PlanWith].
type PlanOptions struct {
	// Delete are the objects that are deleted before the collection: nodes, holders, namespaces and patterns, as in
	// [Database.Plan].
	Delete []string

	// Until requests all expiries up to this time. The zero time requests only the next expiry.
	Until time.Time

	// WithoutOthers leaves out [Plan.Others], each of which takes as long as the plan itself.
	WithoutOthers bool
}

// Plan returns the objects that a collection would remove, assuming that the given objects are deleted first. Each
// argument is one of
//
//	NODE              a node, or a unique part of its name
//	holder/NODE       the holder of NODE: all names of an image, a container with its snapshot
//	namespace/NAME    all objects of a namespace that a user can delete
//	PATTERN           a name with "*" (any characters, "/" too) or "?" (one character), for example lease/moby/*
//
// Only images, leases, containers, snapshots and blobs can be deleted. The error is a [*NameError] for a
// name that does not match, and another error for an object that cannot be deleted. A collection that fails is not an
// error; see [Plan.Fails].
func (d *Database) Plan(deleted ...string) (*Plan, error) {
	return d.PlanWith(PlanOptions{Delete: deleted})
}

// PlanWith is [Database.Plan] with options.
func (d *Database) PlanWith(o PlanOptions) (*Plan, error) {
	if err := d.refuseLost(); err != nil {
		return nil, err
	}
	var names []string
	if len(o.Delete) > 0 {
		g, err := d.graph()
		if err != nil {
			return d.answer(nil, err), nil
		}
		ids, err := d.selection(g, o.Delete)
		if err != nil {
			return nil, err
		}
		names = nodeNames(g, ids)
	}
	p, err := d.plan(d.version, d.options.At, names)
	answer := d.answer(p, err)
	answer.Deleted = names
	if err == nil {
		if err := d.countWithheld(answer, names); err != nil {
			return nil, err
		}
		if err := d.foresee(answer, p, names, o.Until); err != nil {
			return nil, err
		}
	}
	if o.WithoutOthers {
		return answer, nil
	}
	for _, v := range d.others {
		answer.Others = append(answer.Others, d.other(v, answer, names))
	}
	return answer, nil
}

// foresee adds the difference of a deletion, and the expiries.
func (d *Database) foresee(answer *Plan, p *gc.Plan, deleted []string, until time.Time) error {
	if len(deleted) > 0 {
		before, err := d.plan(d.version, d.options.At, nil)
		if err != nil {
			return err
		}
		difference := d.change(before, p)
		if d.lacksAny(deleted) {
			difference.Freed = unknownPart
		}
		answer.Difference = &difference
	}
	next := d.expiries(time.Time{})
	if len(next) > 0 {
		if err := d.evaluate(next[:1], p, deleted); err != nil {
			return err
		}
		answer.Next = &next[0]
	}
	if until.IsZero() {
		return nil
	}
	list := d.expiries(until)
	answer.UntilCount = len(list)
	answer.Until = list[:min(len(list), expiriesMax)]
	if err := d.evaluate(answer.Until, p, deleted); err != nil {
		return err
	}
	last, err := d.plan(d.version, until.Add(1), deleted)
	if err != nil {
		return err
	}
	freed := d.change(p, last).Freed
	if slices.ContainsFunc(list, func(e Expiry) bool { return d.lacksAny(e.Nodes) }) {
		freed = unknownPart
	}
	answer.UntilFreed = &freed
	return nil
}

// Collect carries out a collection on a fork, as [Database.Plan] plans it. It returns the removed objects, and the
// fork: the database as the daemon would leave it, migrated if the version migrates. Withheld namespaces do not change.
// If the collection fails, [Plan.Fails] says so, and the fork is unchanged. The caller owns the fork.
func (d *Database) Collect() (*Plan, *memkv.DB, error) {
	if err := d.refuseLost(); err != nil {
		return nil, nil, err
	}
	p, err := d.Plan()
	if err != nil {
		return nil, nil, err
	}
	db := d.db.Fork()
	if p.Fails != "" {
		return p, db, nil
	}
	err = db.Update(func(tx *memkv.Tx) error {
		kept := map[string]memkv.Frozen{}
		for namespace := range d.withheld {
			kept[namespace], _ = tx.FrozenAt("v1", namespace)
		}
		_, err := graph.Collect(tx, d.graphOptions(d.version, false))
		for namespace, content := range kept {
			err = errors.Join(err, tx.Bucket([]byte("v1")).PutBucket([]byte(namespace), content))
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return p, db, nil
}

// answer converts a plan, or the error of a collection.
func (d *Database) answer(p *gc.Plan, err error) *Plan {
	answer := &Plan{Basis: d.Basis(), Removed: []string{}, RemovedSizes: []int64{}, RemovedCount: map[string]int{}, KeptCount: map[string]int{}}
	if err != nil {
		answer.Fails = err.Error()
		return answer
	}
	answer.Removed = sortedNames(p)
	answer.RemovedSizes = d.ownSizes(answer.Removed)
	answer.RemovedCount = countByKind(p.RemovedCount)
	answer.KeptCount = countByKind(p.KeptCount)
	answer.RemovedBytes, answer.KeptBytes = p.RemovedBytes, p.KeptBytes
	answer.UnsizedSnapshots = d.unsized(p.Marks().Graph(), p.Removed)
	return answer
}

// other compares the plan of another version with an answer.
func (d *Database) other(v metadata.Version, answer *Plan, deleted []string) Other {
	o := Other{Containerd: v.String()}
	p, err := d.plan(v, d.options.At, deleted)
	if err != nil {
		o.Fails = err.Error()
		return o
	}
	names := sortedNames(p)
	o.Removes = without(names, answer.Removed)
	o.Keeps = without(answer.Removed, names)
	o.Differs = len(o.Removes) + len(o.Keeps)
	return o
}

// sortedNames returns the names of the nodes that a plan removes.
func sortedNames(p *gc.Plan) []string {
	names := nodeNames(p.Marks().Graph(), p.Removed)
	slices.Sort(names)
	return names
}

// ownSizes returns the own bytes of nodes, -1 for snapshots of unknown size.
func (d *Database) ownSizes(names []string) []int64 {
	sizes := make([]int64, len(names))
	for i, name := range names {
		n, err := metadata.ParseNode(name)
		if err != nil {
			continue
		}
		switch n.Type {
		case metadata.ResourceContent:
			b, _ := d.frozen.BucketAt(schema.RecordPath(n)...)
			size, _ := (&record{Frozen: b}).number("size")
			sizes[i] = max(size, 0)
		case metadata.ResourceSnapshot:
			snapshotter, key, _ := strings.Cut(n.Key, "/")
			size, ok := d.lookUpSize(n.Namespace, snapshotter, key)
			if !ok {
				size = -1
			}
			sizes[i] = size
		}
	}
	return sizes
}

// without returns the elements of a sorted list that another sorted list does not have.
func without(list, other []string) []string {
	var rest []string
	for _, s := range list {
		if _, found := slices.BinarySearch(other, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}

// deletion finds the nodes to delete in a hypothetical by their full names.
func deletion(g *gc.Graph, names []string) ([]gc.ID, error) {
	var ids []gc.ID
	for _, name := range names {
		n, err := metadata.ParseNode(name)
		if err != nil {
			return nil, err
		}
		if id, ok := g.Lookup(n); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func kindNames(kinds []metadata.ResourceType) string {
	var names []string
	for _, k := range kinds {
		names = append(names, metadata.KindName(k))
	}
	return strings.Join(names, ", ")
}
