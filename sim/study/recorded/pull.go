package recorded

import (
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"
)

// A pull is the assumed result of one client call that adds content: blobs, snapshots unpacked from them, and finally
// image records. A pull without image records was abandoned.
type pull struct {
	number      int
	call        string // of the client; "" if unknown
	first, last int    // indexes of events
	lastTime    time.Time
	named       time.Time // of the last image record; zero before the first
	blobs       []int     // indexes of the commits
	made        []string  // snapshots that were committed, as SNAPSHOTTER/NAME
	bottoms     []string  // parents of its snapshots that it did not create, as SNAPSHOTTER/NAME
	leased      bool      // assumed to have a lease of its own, as clients do, since its lease is unknown
	own         string    // the lease under which it goes on after a copy of the database, if that shows it
	ownSince    time.Time // the time of that copy
	images      int
	version     *version // nil if no blob of it was seen, or no image record

	records int           // number of its image records that exist
	gone    time.Time     // when the last of them was removed; zero for never
	standIn digest.Digest // synthetic target if the pull has no blob
}

// Pauses alone delimit pulls, unless more is known.
const (
	pullPause  = 10 * time.Second       // between two events of a pull; transfers take time
	namePause  = time.Second            // before its first image record
	namesPause = 50 * time.Millisecond  // between its first and further image records
	unpackLead = 200 * time.Millisecond // from the image record to the unpacking, with clients that do it themselves

	unpackEvents = 1000 // between these two at most
)

// extractPrefix is how keys of snapshots begin into which layers are unpacked (containerd's core/unpack).
const extractPrefix = "extract-"

// A grouping assigns events to pulls.
type grouping struct {
	events  []Event
	of      map[int]*pull // by index of the event
	all     []*pull
	seen    versions
	told    bool         // each commit of a blob has an event
	open    map[at]*pull // the last pull, by namespace and call
	extract map[at]*pull // by key of the snapshot into which it unpacks
}

func pulls(events []Event, known func(Event) Known, told bool) *grouping {
	g := &grouping{events: events, told: told, of: map[int]*pull{}, seen: versions{}, open: map[at]*pull{}, extract: map[at]*pull{}}
	for i, e := range events {
		var p *pull
		switch body := e.Body.(type) {
		case *Blob:
			p = g.blob(i, e, known(e))
		case *Snapshot:
			p = g.snapshot(i, e, body, known(e))
		case *Image:
			p = g.image(i, e, body, known(e))
		}
		if p != nil {
			p.last, p.lastTime = i, e.Time
			g.of[i] = p
		}
	}
	return g
}

// current returns the last pull of an event's namespace and call; nil if there is none or it is too old.
func (g *grouping) current(e Event, k Known) *pull {
	p := g.open[at{e.Namespace, k.Call}]
	if p != nil && k.Call == "" && e.Time.Sub(p.lastTime) > pullPause {
		return nil
	}
	return p
}

func (g *grouping) begin(i int, e Event, k Known) *pull {
	p := &pull{number: len(g.all) + 1, call: k.Call, first: i, leased: k.Lease == nil}
	g.all = append(g.all, p)
	g.open[at{e.Namespace, k.Call}] = p
	return p
}

func (g *grouping) blob(i int, e Event, k Known) *pull {
	if e.Topic != "/content/create" {
		return nil
	}
	p := g.current(e, k)
	if p == nil || p.call == "" && !p.named.IsZero() {
		p = g.begin(i, e, k)
	}
	p.blobs = append(p.blobs, i)
	return p
}

func (g *grouping) snapshot(i int, e Event, s *Snapshot, k Known) *pull {
	key := at{e.Namespace, s.Key}
	switch {
	case e.Topic == "/snapshot/prepare" && strings.HasPrefix(s.Key, extractPrefix):
		p := g.current(e, k)
		if p == nil || p.call == "" && !p.named.IsZero() && e.Time.Sub(p.lastTime) > unpackLead {
			p = g.begin(i, e, k)
		}
		g.extract[key] = p
		if s.Parent != "" {
			p.bottoms = append(p.bottoms, s.Snapshotter+"/"+s.Parent)
		}
		return p
	case e.Topic == "/snapshot/commit" && g.extract[key] != nil:
		p := g.extract[key]
		delete(g.extract, key)
		p.made = append(p.made, s.Snapshotter+"/"+s.Name)
		return p
	}
	return nil
}

func (g *grouping) image(i int, e Event, image *Image, k Known) *pull {
	p := g.current(e, k)
	fresh := p == nil || !p.named.IsZero() && e.Time.Sub(p.named) > namesPause
	switch {
	case e.Topic == "/images/delete":
		return nil
	case e.Topic == "/images/create" && !g.told && fresh && g.unpacks(i):
		p = g.begin(i, e, k)
	case p == nil || p.call == "" && !g.names(p, e, image.Name):
		return nil
	}
	if len(p.blobs) > 0 {
		g.seen.add(image.Name, p, g.events)
	}
	p.named = e.Time
	p.images++
	return p
}

// names reports whether an image record seems to belong to a pull: a pull of several blobs, or a pull of that image.
func (g *grouping) names(p *pull, e Event, name string) bool {
	if !p.named.IsZero() {
		return e.Topic == "/images/create" && e.Time.Sub(p.named) <= namesPause
	}
	brought := len(p.blobs)+2*len(p.made) > 1 ||
		len(p.blobs) == 1 && g.seen[named{name, g.events[p.blobs[0]].Body.(*Blob).Digest}] != nil
	return brought && e.Time.Sub(p.lastTime) <= namePause
}

// unpacks reports whether an image record belongs to a pull without events of blobs: a snapshot is unpacked soon after.
func (g *grouping) unpacks(record int) bool {
	made := g.events[record]
	for _, e := range g.events[record+1 : min(record+1+unpackEvents, len(g.events))] {
		s, ok := e.Body.(*Snapshot)
		if ok && e.Namespace == made.Namespace && e.Topic == "/snapshot/prepare" && strings.HasPrefix(s.Key, extractPrefix) {
			return e.Time.Sub(made.Time) <= unpackLead
		}
	}
	return false
}

// tops returns the snapshots of a pull that are no parents.
func (p *pull) tops() (tops []string) {
	parents := map[string]bool{}
	for _, b := range p.bottoms {
		parents[b] = true
	}
	for _, m := range p.made {
		if !parents[m] {
			tops = append(tops, m)
		}
	}
	return tops
}
