package examine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Plan is what a collection removes.
type Plan struct {
	Basis

	Deleted []string `json:"deleted,omitempty"` // what was deleted in thought before, as nodes

	// Fails says why the collection ends with an error; then it removes nothing. "" if it does not.
	Fails string `json:"fails,omitempty"`

	Removed      []string       `json:"removed"`      // nodes, sorted as strings
	RemovedCount map[string]int `json:"removedCount"` // by kind; kinds without any are left out
	KeptCount    map[string]int `json:"keptCount"`

	// RemovedBytes and KeptBytes are the sizes of blobs, each digest once, and of those snapshots whose size was
	// given. What was deleted in thought counts as removed.
	RemovedBytes int64 `json:"removedBytes"`
	KeptBytes    int64 `json:"keptBytes"`

	// UnsizedSnapshots is the number of removed snapshots whose size is not known, and so not in RemovedBytes.
	UnsizedSnapshots int `json:"unsizedSnapshots"`

	// Others are the other versions that write databases of this schema, oldest first, if the version was assumed.
	Others []Other `json:"others,omitempty"`
}

// An Other is what another version of containerd decides differently.
type Other struct {
	Containerd string   `json:"containerd"`
	Differs    int      `json:"differs"`           // number of nodes: those of Removes and Keeps
	Removes    []string `json:"removes,omitempty"` // that the plan keeps
	Keeps      []string `json:"keeps,omitempty"`   // that the plan removes
	Fails      string   `json:"fails,omitempty"`   // why its collection fails, if it does
}

// deletable are the kinds of objects that a user can delete.
var deletable = []metadata.ResourceType{
	metadata.ResourceImage, metadata.ResourceLease, metadata.ResourceContainer, metadata.ResourceSnapshot, metadata.ResourceContent,
}

// Plan returns what a collection would remove; with names of nodes, if these were deleted first. Only images, leases,
// containers, snapshots and blobs can be. The error is a *NameError, or says which node can't be deleted; a collection
// that fails is no error here.
func (d *Database) Plan(deleted ...string) (*Plan, error) {
	var (
		refused error
		names   []string
	)
	p, err := d.planWith(d.version, func(g *gc.Graph) (w gc.WhatIf, err error) {
		w.Delete, refused = deletion(g, deleted)
		names = nodeNames(g, w.Delete)
		return w, refused
	})
	if refused != nil {
		return nil, refused
	}
	answer := d.answer(p, err)
	answer.Deleted = names
	for _, v := range d.others {
		answer.Others = append(answer.Others, d.other(v, answer, names))
	}
	return answer, nil
}

func (d *Database) planWith(v metadata.Version, what func(*gc.Graph) (gc.WhatIf, error)) (*gc.Plan, error) {
	return metadata.Plan(d.frozen, d.graphOptions(v, false), what)
}

// answer puts a plan, or the error with which it fails, into words.
func (d *Database) answer(p *gc.Plan, err error) *Plan {
	answer := &Plan{Basis: d.Basis(), Removed: []string{}, RemovedCount: map[string]int{}, KeptCount: map[string]int{}}
	if err != nil {
		answer.Fails = err.Error()
		return answer
	}
	answer.Removed = sortedNames(p)
	answer.RemovedCount = countByKind(p.RemovedCount)
	answer.KeptCount = countByKind(p.KeptCount)
	answer.RemovedBytes, answer.KeptBytes = p.RemovedBytes, p.KeptBytes
	answer.UnsizedSnapshots = d.unsized(p.Marks().Graph(), p.Removed)
	return answer
}

// other compares what another version decides with an answer.
func (d *Database) other(v metadata.Version, answer *Plan, deleted []string) Other {
	o := Other{Containerd: v.String()}
	p, err := d.planWith(v, func(g *gc.Graph) (w gc.WhatIf, err error) {
		w.Delete, err = deletion(g, deleted)
		return w, err
	})
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

// sortedNames are the names of what a plan removes.
func sortedNames(p *gc.Plan) []string {
	names := nodeNames(p.Marks().Graph(), p.Removed)
	slices.Sort(names)
	return names
}

// without returns what of one sorted list is not in the other.
func without(list, other []string) []string {
	var rest []string
	for _, s := range list {
		if _, found := slices.BinarySearch(other, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}

// deletion finds the objects of a what-if.
func deletion(g *gc.Graph, names []string) ([]gc.ID, error) {
	var ids []gc.ID
	for _, name := range names {
		id, err := find(g, name, true)
		if err != nil {
			return nil, err
		}
		n := g.Node(id)
		if !slices.Contains(deletable, n.Type) {
			return nil, fmt.Errorf("%s: no user can delete one of kind %s, only %s",
				metadata.NodeName(n), metadata.KindName(n.Type), kindNames(deletable))
		}
		ids = append(ids, id)
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
