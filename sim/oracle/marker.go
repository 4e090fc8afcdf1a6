package oracle

import "time"

// A marker finds the objects that a collection keeps. It works in one pass: a slot is kept if its full or flat number
// is the number of the pass.
type marker struct {
	model *model
	pass  pass // unique among the passes of a model
	now   time.Time
	queue []visit
	mark  func(Mark)

	// refs are the references of Collectors' resources; leased are the resources of Collectors that a lease keeps.
	refs, leased map[*slot][]*slot
}

// A visit is a slot to process. If flat is set, only a flat lease keeps the slot so far, and its references do not
// count.
type visit struct {
	*slot
	flat bool
}

// newMarker returns a marker that has added the reports of Collectors. Each model has one at a time.
func (m *model) newMarker(now time.Time, reports []report, mark func(Mark)) *marker {
	m.passes++
	a := &m.marker
	*a = marker{model: m, pass: m.passes, now: now, queue: a.queue[:0], mark: mark}
	a.addReports(reports)
	return a
}

// garbage returns the sweep of a collection at that time, with these reports of Collectors.
func (m *model) garbage(now time.Time, reports []report, mark func(Mark)) *sweep { // of the Collectors that took part
	a := m.newMarker(now, reports, mark)
	for _, at := range m.objects {
		a.addRoot(at)
	}
	a.followAll()
	g := &sweep{reports: reports}
	for _, at := range m.objects {
		if !a.kept(at) {
			g.objects = append(g.objects, at)
		}
	}
	for _, s := range reports {
		for _, t := range s.resources {
			if at := m.space(t.Namespace).slot(key{s.kind, t.Key}); !a.kept(at) {
				g.resources = append(g.resources, at)
				at.full = a.pass // report each resource once
			}
		}
	}
	return g
}

// followAll processes the queue.
func (a *marker) followAll() {
	for len(a.queue) > 0 {
		v := a.queue[len(a.queue)-1]
		a.queue = a.queue[:len(a.queue)-1]
		a.follow(v)
	}
}

// A sweep is the set of objects and resources that a collection removes.
type sweep struct {
	objects   []*slot
	resources []*slot  // of Collectors
	reports   []report // of the Collectors that took part
}

// kept reports whether a slot is kept, in full or through a flat lease.
func (a *marker) kept(at *slot) bool { return at.full == a.pass || at.flat == a.pass }

// visit marks a slot and queues it, unless it is marked already.
func (a *marker) visit(at *slot, flat bool) {
	if flat && at.flat != a.pass {
		at.flat = a.pass
		a.queue = append(a.queue, visit{at, true})
	} else if !flat && at.full != a.pass {
		at.full = a.pass
		a.queue = append(a.queue, visit{at, false})
	}
}

func (a *marker) visitAll(slots []*slot, flat bool) {
	for _, at := range slots {
		a.visit(at, flat)
	}
}

// claim notes that by, if it is kept, keeps from: an object or a Collector's resource with a back reference.
func (a *marker) claim(from, by *slot) {
	if by.claimed != a.pass {
		by.claimed, by.claims = a.pass, by.claims[:0]
	}
	by.claims = append(by.claims, from)
}

// addClaims claims the targets of an object's back references.
func (a *marker) addClaims(at *slot, links *links) {
	if len(links.backRefs) > 0 && (at.kind == content || at.kind == snapshot || at.kind == image && links.expired(a.now)) {
		for _, by := range links.backRefs {
			a.claim(at, by)
		}
	}
}

// addRoot visits an object that is a root, and claims the targets of its back references.
func (a *marker) addRoot(at *slot) {
	links := at.links()
	if links.rareLinks != noRareLinks {
		a.addClaims(at, links)
	}
	switch at.kind {
	case lease:
		if !links.expired(a.now) {
			a.lease(at, links)
		} else if len(at.object.held) > 0 {
			a.mark(ExpiredLease)
		}
	case image:
		if !links.expired(a.now) || !a.model.rules.images {
			a.visit(at, false)
		}
	case ingest:
		if until := at.object.expireAt; !until.IsZero() && !until.Before(a.now) {
			a.visit(at, false)
		}
	case content, snapshot:
		if links.root {
			a.visit(at, false)
		}
	case container, sandbox:
		a.visit(at, false)
	}
}

// lease visits a lease and its resources.
func (a *marker) lease(at *slot, links *links) {
	a.visit(at, false)
	a.visitAll(a.leased[at], false)
	for _, held := range links.held {
		a.visit(held, links.flat && held.kind != ingest)
		if links.flat && held.object == nil {
			a.mark(FlatLeaseMissingChild)
		}
	}
}

// follow visits everything that a kept slot keeps.
func (a *marker) follow(v visit) {
	if !v.flat && v.claimed == a.pass {
		for _, from := range v.claims {
			if from.kind == image {
				a.mark(BackReferenceKeepsImage)
			}
			if from.kind >= resource {
				a.mark(BackReferenceKeepsOther)
			}
			if v.object == nil && v.kind < resource {
				a.mark(BackReferenceToMissing)
			}
			a.visit(from, false)
		}
	}
	if v.kind >= resource {
		for _, at := range a.refs[v.slot] {
			if at.object != nil && !a.kept(at) {
				a.mark(ResourceKeepsObject)
			}
			a.visit(at, false)
		}
		return
	}
	if v.object == nil {
		if v.kind == content {
			a.mark(MissingContent)
		}
		return
	}
	links := v.links()
	a.visitAll(links.keeps[:links.along], v.flat)
	if v.kind == image && links.expired(a.now) {
		a.mark(ExpiredImageReferenced)
	}
	if v.flat {
		return
	}
	a.visitAll(links.keeps[links.along:], false)
	for _, c := range links.when {
		if c.target.object == nil {
			continue
		}
		if c.holds(a.now, c.target.links().usedAt) {
			a.mark(ConditionTrue)
			a.visit(c.target, false)
		} else {
			a.mark(ConditionFalse)
		}
	}
}
