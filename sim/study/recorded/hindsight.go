package recorded

import (
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// A hindsight has the information about each event that only later events reveal.
type hindsight struct {
	pulls   map[int]*pull
	all     []*pull
	sources map[int]*image // by event of an image record without content: the image whose target it is assumed to share
	sizes   map[digest.Digest]int64
	there   byNamespace[bool]  // blobs that a namespace had at any time
	again   map[int]time.Time  // of a blob's commit: when it was committed once more
	made    map[int]int        // of a snapshot's preparation: the container that was made on it
	making  map[int]int        // and the other way round
	last    map[int]bool       // deletions of image records after which CRI waits for a collection
	removed map[at][]time.Time // when collections removed a layer
	tasks   struct{ lostExits, lostDeletes int }
}

// lookAhead reads all events once, before their conversion. It changes the state's images, which must be a copy. told
// reports whether each commit of a blob has an event.
func lookAhead(events []Event, known func(Event) Known, s *state, told bool) *hindsight {
	h := &hindsight{sources: map[int]*image{}, last: map[int]bool{}, sizes: map[digest.Digest]int64{}, there: byNamespace[bool]{}, again: map[int]time.Time{}, made: map[int]int{}, making: map[int]int{}}
	grouped := pulls(events, known, told)
	h.pulls, h.all = grouped.of, grouped.all
	h.follow(events, known, s)
	for ns, blobs := range s.blobs {
		for key, b := range blobs {
			h.there.put(ns, key, true)
			h.sizes[b.digest] = b.size
		}
	}
	last := map[at]int{}
	prepared := map[at]int{}
	started, exited, deleted := map[at]bool{}, map[at]bool{}, map[at]bool{}
	for i, e := range events {
		switch body := e.Body.(type) {
		case *Blob:
			where := at{e.Namespace, string(body.Digest)}
			if e.Topic == "/content/create" {
				h.there.put(e.Namespace, string(body.Digest), true)
				h.sizes[body.Digest] = body.Size
				if before, ok := last[where]; ok {
					h.again[before] = e.Time
				}
				last[where] = i
			} else {
				delete(last, where)
			}
		case *Snapshot:
			switch e.Topic {
			case "/snapshot/prepare":
				prepared[at{e.Namespace, body.Key}] = i
			case "/snapshot/remove", "/snapshot/commit":
				delete(prepared, at{e.Namespace, body.Key})
			}
		case *Container:
			if p, ok := prepared[at{e.Namespace, body.ID}]; ok && e.Topic == "/containers/create" {
				h.made[p], h.making[i] = i, p
			}
		case *Task:
			where := at{e.Namespace, body.ContainerID}
			switch e.Topic {
			case "/tasks/start":
				started[where] = true
			case "/tasks/exit":
				exited[where] = true
			case "/tasks/delete":
				deleted[where] = true
			}
		}
	}
	for _, p := range h.all {
		for _, commit := range p.blobs {
			if p.version != nil && (known(events[commit]).Unheld || h.unheld(p, commit)) {
				p.version.unheld[events[commit].Body.(*Blob).Digest] = true
			}
		}
		if p.version != nil {
			for _, b := range p.bottoms {
				p.version.bottoms.add(b)
			}
		}
	}
	h.choose()
	for where := range started {
		if !exited[where] {
			h.tasks.lostExits++
		}
		if !deleted[where] {
			h.tasks.lostDeletes++
		}
	}
	return h
}

// choose assigns blobs to the image records of each version: first the blobs of no other version, such as manifests and
// configs, then shared blobs, such as layers.
func (h *hindsight) choose() {
	all := set[*version]{}
	in := map[digest.Digest]int{} // number of versions with the blob
	for _, p := range h.all {
		if p.version != nil && !all.has[p.version] {
			all.add(p.version)
			for _, d := range p.version.digests.list {
				in[d]++
			}
		}
	}
	for _, v := range all.list {
		v.held = slices.DeleteFunc(slices.Clone(v.digests.list), func(d digest.Digest) bool { return v.unheld[d] })
		slices.SortStableFunc(v.held, func(a, b digest.Digest) int { return min(in[a], 2) - min(in[b], 2) })
	}
}

// held returns the blobs that image records of a version hold in a namespace; none for a nil version.
func (h *hindsight) held(v *version, ns string) (list []digest.Digest) {
	if v == nil {
		return nil
	}
	for _, d := range v.held {
		if h.there[ns][string(d)] {
			list = append(list, d)
		}
	}
	return list
}

// unheld reports whether a blob was committed again while the image records of its pull were there: then it had been
// removed, and they didn't refer to it.
func (h *hindsight) unheld(p *pull, commit int) bool {
	again, ok := h.again[commit]
	return ok && (p.images == 0 || p.gone.IsZero() || again.Before(p.gone))
}

// follow computes the target of each image record, and the time until which it has it. It also finds the deletions by
// CRI: that deletes all records of an image, and waits for a collection after the last one.
func (h *hindsight) follow(events []Event, known func(Event) Known, s *state) {
	release := func(where at, now time.Time) {
		if old := s.images[where]; old != nil && old.own {
			if old.pull.records--; old.pull.records == 0 {
				old.pull.gone = now
			}
		}
	}
	latest := newLatest(s.images)
	until := h.intervals(events)
	deleted := map[string]int{} // by namespace, the last deletion of an image of CRI
	for i, e := range events {
		body, ok := e.Body.(*Image)
		if !ok {
			continue
		}
		where := at{e.Namespace, body.Name}
		if e.Topic == "/images/delete" {
			if old := s.images[where]; old != nil && old.labels[nodestate.CRILabel] != "" {
				if before, ok := deleted[e.Namespace]; ok && e.Time.Sub(events[before].Time) <= namesPause {
					delete(h.last, before)
				}
				h.last[i], deleted[e.Namespace] = true, i
			}
			release(where, e.Time)
			delete(s.images, where)
			continue
		}
		next := &image{name: body.Name, labels: body.Labels, pull: h.pulls[i], own: h.pulls[i] != nil, made: i}
		if next.pull == nil {
			if e.Topic == "/images/update" && body.Labels != nil && s.images[where] != nil {
				s.images[where].labels = body.Labels
				continue // only the labels changed
			}
			source := s.images[at{e.Namespace, known(e).Source}]
			if source == nil {
				source = h.source(latest, where, s.images[where], e.Time, until[i])
			}
			h.sources[i] = source
			if source != nil {
				next.pull, next.target = source.pull, source.target
			}
		}
		if next.own {
			next.pull.records++
			next.pull.gone = time.Time{}
		}
		release(where, e.Time)
		s.images[where] = next
		latest.add(where, next)
	}
}

// intervals computes until when each image record has the target of an event: until its next event that may change the
// target. It also finds when collections removed layers.
func (h *hindsight) intervals(events []Event) (until []time.Time) {
	until = make([]time.Time, len(events))
	next := map[at]time.Time{}
	h.removed = map[at][]time.Time{}
	end := events[len(events)-1].Time.Add(endTrail)
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		switch body := e.Body.(type) {
		case *Image:
			where := at{e.Namespace, body.Name}
			until[i] = end
			if t, ok := next[where]; ok {
				until[i] = t
			}
			if e.Topic != "/images/update" || body.Labels == nil || h.pulls[i] != nil {
				next[where] = e.Time
			}
		case *Snapshot:
			if e.Topic == "/snapshot/remove" && unpacked(body.Key) {
				where := at{e.Namespace, body.Snapshotter + "/" + body.Key}
				h.removed[where] = append(h.removed[where], e.Time)
			}
		}
	}
	return until
}

// source returns the image with which a record that came without content shares its target from a time until another:
// the record's old target, if its layers stayed, or else the latest image of the repository, or of the namespace, with
// layers that stayed; nil if there is none.
func (h *hindsight) source(l *latest, where at, old *image, from, until time.Time) *image {
	if old != nil && h.layered(old) && h.stays(where.namespace, old, from, until) {
		return old
	}
	return l.sibling(where, func(i *image) bool { return h.stays(where.namespace, i, from, until) })
}

// layered reports whether layers of the image were unpacked.
func (h *hindsight) layered(i *image) bool { return i.pull != nil && len(i.pull.made) > 0 }

// stays reports whether no collection removed a layer of an image in a time: a record held it.
func (h *hindsight) stays(ns string, i *image, from, until time.Time) bool {
	if i.pull == nil {
		return true
	}
	for _, top := range i.pull.tops() {
		for _, t := range h.removed[at{ns, top}] {
			if t.After(from) && t.Before(until) {
				return false
			}
		}
	}
	return true
}
