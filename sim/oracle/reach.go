package oracle

import "time"

// visit is a key, reached in one of two ways: by a flat lease what it refers to doesn't count.
type visit struct {
	key
	flat bool
}

// reach finds what of a namespace a collection keeps.
type reach struct {
	rules rules
	now   time.Time
	space *space
	seen  map[visit]bool
	queue []visit
	back  map[key][]key // by what they want to be kept by
	mark  func(name string)
}

// kept returns the keys that a collection at that time would keep, whether or not there are such objects.
func (r rules) kept(s *space, now time.Time, mark func(string)) *reach {
	a := &reach{rules: r, now: now, space: s, seen: make(map[visit]bool, len(s.objects)), back: map[key][]key{}, mark: mark}
	for k, o := range s.objects {
		said := r.read(o)
		expired := said.expires && now.After(said.expire)
		if len(said.backRefs) > 0 && (k.kind == content || k.kind == snapshot || k.kind == image && expired) {
			for _, from := range said.backRefs {
				a.back[from] = append(a.back[from], k)
			}
		}
		switch k.kind {
		case lease:
			if !expired {
				a.lease(k, o, said)
			} else if len(o.held) > 0 {
				mark("an expired lease holds nothing")
			}
		case image:
			if !expired || !r.images {
				a.visit(k, false)
			}
		case ingest:
			if !o.expireAt.IsZero() && !o.expireAt.Before(now) {
				a.visit(k, false)
			}
		case content, snapshot:
			if said.root {
				a.visit(k, false)
			}
		case container:
			a.visit(k, false)
		case sandbox:
			if r.sandboxes {
				a.all(said.refs)
			}
		}
	}
	for len(a.queue) > 0 {
		v := a.queue[len(a.queue)-1]
		a.queue = a.queue[:len(a.queue)-1]
		a.follow(v)
	}
	return a
}

func (a *reach) has(k key) bool {
	return k.kind == container || k.kind == sandbox || k.kind == image && !a.rules.images ||
		a.seen[visit{k, false}] || a.seen[visit{k, true}]
}

func (a *reach) visit(k key, flat bool) {
	if v := (visit{k, flat}); !a.seen[v] {
		a.seen[v] = true
		a.queue = append(a.queue, v)
	}
}

func (a *reach) all(keys []key) {
	for _, k := range keys {
		a.visit(k, false)
	}
}

func (a *reach) lease(k key, o *object, said *reading) {
	a.visit(k, false)
	for held := range o.held {
		if held.kind != image || a.rules.images {
			a.visit(held, said.flat && held.kind != ingest)
		}
		if said.flat && a.space.objects[held] == nil {
			a.mark("a flat lease whose child went")
		}
	}
}

// follow visits what is kept by something that is.
func (a *reach) follow(v visit) {
	if !v.flat {
		for _, child := range a.back[v.key] {
			if child.kind == image {
				a.mark("an expired image kept by a back reference")
			}
			if a.space.objects[v.key] == nil {
				a.mark("a back reference to what is gone")
			}
			a.visit(child, false)
		}
	}
	o := a.space.objects[v.key]
	if o == nil {
		if v.kind == content {
			a.mark("a reference to content that is gone")
		}
		return
	}
	said := a.rules.read(o)
	switch v.kind {
	case snapshot:
		if o.parent != "" {
			snapshotter, _ := split(v.name)
			a.visit(key{snapshot, snapshotter + "/" + o.parent}, v.flat)
		}
	case image:
		if !o.aimless {
			a.visit(key{content, o.target}, v.flat)
		}
		if said.expires && a.now.After(said.expire) {
			a.mark("an expired image that is still referred to")
		}
	case ingest:
		if o.expected != "" {
			a.visit(key{content, o.expected}, false)
		}
	case container:
		if o.on != "" {
			a.visit(key{snapshot, o.on}, false)
		}
	case lease:
		return
	}
	if v.flat || v.kind == ingest {
		return
	}
	a.all(said.refs)
	if v.kind != content && v.kind != image {
		return
	}
	for _, c := range said.when {
		target := a.space.objects[c.target]
		if target == nil {
			continue
		}
		if c.holds(a.now, a.rules.read(target).usedAt) {
			a.mark("a condition that held")
			a.visit(c.target, false)
		} else {
			a.mark("a condition that did not hold")
		}
	}
}

// garbage returns which objects of a namespace a collection would remove.
func (r rules) garbage(s *space, now time.Time, mark func(string)) []key {
	kept := r.kept(s, now, mark)
	var all []key
	for k := range s.objects {
		if !kept.has(k) {
			all = append(all, k)
		}
	}
	return all
}
