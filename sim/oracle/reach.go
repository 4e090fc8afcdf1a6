package oracle

import "time"

// A reach finds what a collection keeps.
type reach struct {
	model  *model
	number uint64 // no other reach has it
	now    time.Time
	queue  []visit
	mark   func(name string)

	// What Collectors say: what their resources keep, and leases keep of those.
	things, leased map[*slot][]*slot
}

// visit is a name that is kept, in one of two ways: by a flat lease what it refers to doesn't count.
type visit struct {
	*slot
	flat bool
}

// garbage returns what a collection at that time would remove, if Collectors said that.
func (m *model) garbage(now time.Time, said []said, mark func(string)) *sweep {
	m.reaches++
	a := &reach{model: m, number: m.reaches, now: now, mark: mark}
	a.hear(said)
	for _, at := range m.objects {
		a.begin(at)
	}
	for len(a.queue) > 0 {
		v := a.queue[len(a.queue)-1]
		a.queue = a.queue[:len(a.queue)-1]
		a.follow(v)
	}
	g := &sweep{said: said}
	for _, at := range m.objects {
		if !a.has(at) {
			g.objects = append(g.objects, at)
		}
	}
	for _, s := range said {
		for _, t := range s.things {
			if at := m.space(t.Namespace).slot(key{s.kind, t.Key}); !a.has(at) {
				g.things = append(g.things, at)
				at.full = a.number // once is enough
			}
		}
	}
	return g
}

// A sweep is what a collection removes.
type sweep struct {
	objects []*slot
	things  []*slot // of Collectors
	said    []said  // by those that took part
}

func (a *reach) has(at *slot) bool { return at.full == a.number || at.flat == a.number }

func (a *reach) visit(at *slot, flat bool) {
	if flat && at.flat != a.number {
		at.flat = a.number
		a.queue = append(a.queue, visit{at, true})
	} else if !flat && at.full != a.number {
		at.full = a.number
		a.queue = append(a.queue, visit{at, false})
	}
}

func (a *reach) all(slots []*slot, flat bool) {
	for _, at := range slots {
		a.visit(at, flat)
	}
}

// claim notes that an object, or a Collector's resource, wants to be kept by another.
func (a *reach) claim(from, by *slot) {
	if by.claimed != a.number {
		by.claimed, by.claims = a.number, by.claims[:0]
	}
	by.claims = append(by.claims, from)
}

// begin visits an object if it stays by itself, and notes by whom it wants to be kept.
func (a *reach) begin(at *slot) {
	links := at.links()
	expired := links.expires && a.now.After(links.expire)
	if len(links.backRefs) > 0 && (at.kind == content || at.kind == snapshot || at.kind == image && expired) {
		for _, by := range links.backRefs {
			a.claim(at, by)
		}
	}
	switch at.kind {
	case lease:
		if !expired {
			a.lease(at, links)
		} else if len(at.object.held) > 0 {
			a.mark("an expired lease holds nothing")
		}
	case image:
		if !expired || !a.model.rules.images {
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

func (a *reach) lease(at *slot, links *links) {
	a.visit(at, false)
	a.all(a.leased[at], false)
	for _, held := range links.held {
		a.visit(held, links.flat && held.kind != ingest)
		if links.flat && held.object == nil {
			a.mark("a flat lease whose child went")
		}
	}
}

// follow visits what is kept by something that is.
func (a *reach) follow(v visit) {
	if !v.flat && v.claimed == a.number {
		for _, from := range v.claims {
			if from.kind == image {
				a.mark("an expired image kept by a back reference")
			}
			if from.kind >= thing {
				a.mark("a Collector's resource kept by a back reference")
			}
			if v.object == nil && v.kind < thing {
				a.mark("a back reference to what is gone")
			}
			a.visit(from, false)
		}
	}
	if v.kind >= thing {
		for _, at := range a.things[v.slot] {
			if at.object != nil && !a.has(at) {
				a.mark("something that a Collector's resource keeps")
			}
			a.visit(at, false)
		}
		return
	}
	if v.object == nil {
		if v.kind == content {
			a.mark("a reference to content that is gone")
		}
		return
	}
	links := v.links()
	a.all(links.along, v.flat)
	if v.kind == image && links.expires && a.now.After(links.expire) {
		a.mark("an expired image that is still referred to")
	}
	if v.flat {
		return
	}
	a.all(links.refs, false)
	for _, c := range links.when {
		if c.target.object == nil {
			continue
		}
		if c.holds(a.now, c.target.links().usedAt) {
			a.mark("a condition that held")
			a.visit(c.target, false)
		} else {
			a.mark("a condition that did not hold")
		}
	}
}
