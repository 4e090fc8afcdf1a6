package compare

import (
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// Future returns the later uses in the load: of images when containers start, of records when builds begin. It treats
// images as units and ignores layers that they share.
func (l *Load) Future() policy.Future {
	uses := policy.Uses{}
	for _, e := range l.Events {
		switch {
		case e.Run != nil:
			uses[e.Run.Image.id()] = append(uses[e.Run.Image.id()], e.At)
		case e.Pull != nil:
			uses[e.Pull.id()] = append(uses[e.Pull.id()], e.At)
		case e.Build != nil:
			for _, r := range e.Build.Records {
				uses[r.ID] = append(uses[r.ID], e.At)
			}
		}
	}
	return uses
}

// A foresight is the future of a node by layer. Evicting an image loses the layers that no other image on the node has.
// The next use of the image is therefore the next use of any image with one of these layers. For example, layers of the
// next version keep this version although it is never run again.
type foresight struct {
	policy.Future
	node   *Node
	layers map[digest.Digest]*times // of the requests for images with the layer
}

// times is an ascending list of times with a position. Invariant: successive arguments of next never decrease.
type times struct {
	list []time.Time
	at   int
}

func (t *times) next(after time.Time) (time.Time, bool) {
	if t == nil {
		return time.Time{}, false // a layer of an image from the database that the load never requests
	}
	for t.at < len(t.list) && t.list[t.at].Before(after) {
		t.at++
	}
	if t.at == len(t.list) {
		return time.Time{}, false
	}
	return t.list[t.at], true
}

func newForesight(l *Load) *foresight {
	f := &foresight{Future: l.Future(), layers: map[digest.Digest]*times{}}
	for _, e := range l.Events {
		image := e.Abandon
		switch {
		case e.Run != nil:
			image = e.Run.Image
		case e.Pull != nil:
			image = e.Pull
		}
		if image == nil {
			continue
		}
		for _, layer := range image.Layers {
			if f.layers[layer.Digest] == nil {
				f.layers[layer.Digest] = &times{}
			}
			t := f.layers[layer.Digest]
			t.list = append(t.list, e.At)
		}
	}
	return f
}

// NextUse implements [policy.Future].
func (f *foresight) NextUse(id string, after time.Time) (at time.Time, ok bool) {
	at, ok = f.Future.NextUse(id, after)
	i := f.node.images.get(id)
	if i == nil {
		return at, ok
	}
	for _, layer := range i.Layers {
		if b := f.node.blobs[layer.Digest]; b == nil || b.held() > 1 {
			continue
		}
		next, again := f.layers[layer.Digest].next(after)
		if again && (!ok || next.Before(at)) {
			at, ok = next, true
		}
	}
	return at, ok
}

// held returns the number of claims on a unit.
func (u *unit) held() (n int) {
	for _, h := range u.holds {
		n += h.n
	}
	return n
}
