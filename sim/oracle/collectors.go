package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/gc"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// A collector is a Collector that an Op registered.
type collector struct {
	kind  kind   // of its resources
	label string // the suffix of the labels that refer to its resources; "" for none
}

// A report is the resources that a Collector reports to a collection.
type report struct {
	collector
	resources []op.ScriptedResource
}

// reports returns the current report of each Collector, by type. Nothing asks a Collector about namespaces that are not
// stored, so resources there are neither active nor back references.
func (o *Oracle) reports() (all []report) {
	o.refreshScripts()
	root := o.root()
	for _, t := range slices.Sorted(maps.Keys(o.scripts)) {
		s := report{collector{resource + kind(t), o.scripts[t].Label}, slices.Clone(o.scripts[t].Resources)}
		for i := range s.resources {
			if _, stored := root.Bucket(s.resources[i].Namespace); !stored {
				s.resources[i].Active, s.resources[i].BackRefs = false, nil
			}
		}
		all = append(all, s)
	}
	return all
}

// refreshScripts reads the scripts from the node, if a collection of unknown outcome may have changed them. They stay
// stale while a collection is suspended.
func (o *Oracle) refreshScripts() {
	if !o.scriptsStale {
		return
	}
	for t := range o.scripts {
		o.scripts[t], _ = o.node.ScriptOf(t)
	}
	o.scriptsStale = false
	for _, c := range o.calls {
		o.scriptsStale = o.scriptsStale || c.op.Name == op.Collect
	}
}

// addReports adds the references, leases and roots of the Collectors' resources to a marking pass.
func (a *marker) addReports(all []report) {
	m := a.model
	if len(all) > 0 {
		a.refs, a.leased = map[*slot][]*slot{}, map[*slot][]*slot{}
	}
	collectors := make([]collector, len(all))
	for i, s := range all {
		collectors[i] = s.collector
	}
	if !slices.Equal(collectors, m.collectors) {
		m.collectors = collectors
		m.dropDerived() // labels now have another meaning
	}
	for _, s := range all {
		for _, t := range s.resources {
			space := m.space(t.Namespace)
			at := space.slot(key{s.kind, t.Key})
			for _, ref := range t.Refs {
				a.refs[at] = append(a.refs[at], m.node(ref))
			}
			for _, lease := range t.Leases {
				by := space.lease(lease)
				a.leased[by] = append(a.leased[by], at)
			}
			for _, by := range t.BackRefs {
				a.claim(at, m.node(by))
			}
			if t.Active {
				a.visit(at, false)
			}
		}
	}
}

// lease returns the slot of a lease.
func (s *space) lease(name string) *slot { return s.slot(key{lease, name}) }

// node returns the slot of a node name of the form KIND/NAMESPACE/KEY.
func (m *model) node(name string) *slot {
	form, rest, _ := strings.Cut(name, "/")
	ns, name, _ := strings.Cut(rest, "/")
	return m.space(ns).slot(key{kindNamed(form), name})
}

// otherKinds are the kinds in node names that the database does not store.
var otherKinds = map[string]kind{"task": resource + 4, "stream": resource + 9, "mount": resource + 10}

// kindNamed returns the kind of a node name. "typeN" is the kind of Collector resources of type N.
func kindNamed(name string) kind {
	if i := slices.Index(kindNames[:], name); i >= 0 {
		return kind(i)
	}
	if k, ok := otherKinds[name]; ok {
		return k
	}
	var t uint8
	_, _ = fmt.Sscanf(name, "type%d", &t)
	return resource + kind(t)
}

// collectorsMayFail reports whether a fault in force may keep a Collector from taking part.
func (o *Oracle) collectorsMayFail() bool {
	for _, on := range o.faults {
		if on == "" || strings.HasPrefix(on, "collectors/") {
			return true
		}
	}
	return false
}

// partialSweeps returns the sweeps of a collection in which some or all Collectors failed to start. It returns none for
// more than four Collectors.
func (o *Oracle) partialSweeps(all []report) (others []*sweep) {
	if len(all) > 4 {
		return nil
	}
	for left := range 1<<len(all) - 1 {
		var some []report
		for i, s := range all {
			if left>>i&1 != 0 {
				some = append(some, s)
			}
		}
		others = append(others, o.model.garbage(o.now(), some, noMark))
	}
	return others
}

func noMark(Mark) {}

// checkScripts checks that a collection removed exactly the resources of its sweep from each Collector, and updates the
// scripts.
func (o *Oracle) checkScripts(g *sweep) *Problem {
	removed := map[string]bool{}
	for _, at := range g.resources {
		removed[at.String()] = true
	}
	for _, before := range g.reports {
		t := gc.ResourceType(before.kind - resource)
		after, _ := o.node.ScriptOf(t)
		o.scripts[t] = after
		left := map[string]bool{}
		for _, t := range after.Resources {
			left[before.nameOf(t)] = true
		}
		for _, t := range before.resources {
			switch name := before.nameOf(t); {
			case removed[name] && left[name]:
				return problem(LeftGarbage, "%s", name)
			case !removed[name] && !left[name]:
				return problem(LostObject, "%s", name)
			}
		}
	}
	return nil
}

// nameOf returns the name of a resource, in the form of slot.String.
func (c collector) nameOf(t op.ScriptedResource) string {
	return t.Namespace + "/" + key{c.kind, t.Key}.String()
}
