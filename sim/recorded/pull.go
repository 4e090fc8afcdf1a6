package recorded

import (
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"
)

// A pull is what seems to have come of one call that brings content: blobs, snapshots that they are unpacked to, and in
// the end image records. Without these it was abandoned.
type pull struct {
	number      int
	namespace   string
	call        string // if known
	first, last int    // indexes of events
	lastTime    time.Time
	named       time.Time // of the last image record; zero while there is none
	blobs       []int     // indexes of the commits
	made        []string  // snapshots that were committed, as SNAPSHOTTER/NAME
	bottoms     []string  // parents of those that others than itself made, likewise
	leased      bool      // by a lease of its own, as clients do: nothing else is known
	images      int
	version     *version // nil if no blob of it was seen, or no image record

	records int           // that it made and that are there
	gone    time.Time     // when the last of them went; zero for never
	standIn digest.Digest // what they point to if no blob of them was seen
}

// What events are of one pull is told by pauses alone, unless more is known.
const (
	pullPause  = 10 * time.Second       // between two events of a pull; what is brought meanwhile takes time
	namePause  = time.Second            // before its first image record
	namesPause = 50 * time.Millisecond  // between that and more
	unpackLead = 200 * time.Millisecond // from the image record to the unpacking, with clients that do it themselves
)

// extractPrefix is how keys of snapshots begin into which layers are unpacked (containerd's core/unpack).
const extractPrefix = "extract-"

// pulls finds out what belongs together.
func pulls(events []Event, known func(Event) Known) (of map[int]*pull, all []*pull) {
	of = map[int]*pull{}
	seen := versions{}
	told := slices.ContainsFunc(events, func(e Event) bool { return e.Topic == "/content/create" })
	open := map[at]*pull{}    // by namespace and call
	extract := map[at]*pull{} // by key of the snapshot
	for i, e := range events {
		knows := known(e)
		call := knows.Call
		where := at{e.Namespace, call}
		p := open[where]
		if p != nil && call == "" && e.Time.Sub(p.lastTime) > pullPause {
			p = nil
		}
		begins := func() {
			p = &pull{number: len(all) + 1, namespace: e.Namespace, call: call, first: i, leased: knows.Lease == nil}
			all = append(all, p)
			open[where] = p
		}
		switch body := e.Body.(type) {
		case *Blob:
			if e.Topic != "/content/create" {
				continue
			}
			if p == nil || call == "" && !p.named.IsZero() {
				begins()
			}
			p.blobs = append(p.blobs, i)
		case *Snapshot:
			switch {
			case e.Topic == "/snapshot/prepare" && strings.HasPrefix(body.Key, extractPrefix):
				if p == nil || call == "" && !p.named.IsZero() && e.Time.Sub(p.lastTime) > unpackLead {
					begins()
				}
				extract[at{e.Namespace, body.Key}] = p
				if body.Parent != "" {
					p.bottoms = append(p.bottoms, body.Snapshotter+"/"+body.Parent)
				}
			case e.Topic == "/snapshot/commit" && extract[at{e.Namespace, body.Key}] != nil:
				p = extract[at{e.Namespace, body.Key}]
				p.made = append(p.made, body.Snapshotter+"/"+body.Name)
			default:
				continue
			}
		case *Image:
			belongs := p != nil && p.named.IsZero() || p != nil && e.Time.Sub(p.named) <= namesPause
			if e.Topic == "/images/create" && !told && !belongs && unpacks(events, i) {
				begins()
			} else if e.Topic == "/images/delete" || p == nil || call == "" && !p.names(e, body.Name, events, seen) {
				continue
			}
			if len(p.blobs) > 0 {
				seen.add(body.Name, p, events)
			}
			p.named = e.Time
			p.images++
		default:
			continue
		}
		p.last, p.lastTime = i, e.Time
		of[i] = p
	}
	return of, all
}

// names reports whether an image record seems to be of the pull: one that brought more than a single blob, or one of
// that image.
func (p *pull) names(e Event, name string, events []Event, seen versions) bool {
	if !p.named.IsZero() {
		return e.Topic == "/images/create" && e.Time.Sub(p.named) <= namesPause
	}
	brought := len(p.blobs)+2*len(p.made) > 1 ||
		len(p.blobs) == 1 && seen.of(name, events[p.blobs[0]].Body.(*Blob).Digest) != nil
	return brought && e.Time.Sub(p.lastTime) <= namePause
}

// unpacks reports whether an image record is made by a pull none of whose blobs was told: something is unpacked soon.
func unpacks(events []Event, record int) bool {
	for _, e := range events[record+1:] {
		if e.Time.Sub(events[record].Time) > unpackLead {
			break
		}
		s, ok := e.Body.(*Snapshot)
		if ok && e.Namespace == events[record].Namespace && e.Topic == "/snapshot/prepare" && strings.HasPrefix(s.Key, extractPrefix) {
			return true
		}
	}
	return false
}

// tops are the snapshots that it made and that are nobody's parents.
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
