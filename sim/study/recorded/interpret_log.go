package recorded

import (
	"cmp"
	"maps"
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// useLog takes the times of collections from the log. With it, a root label keeps each blob of the trace until the log
// has its removal. Without events of commits, the removals are ignored.
func (i *interpreter) useLog() {
	if i.log == nil {
		return
	}
	for _, c := range i.log.Collections {
		if at := c.End.Add(-c.Pause); !at.Before(*i.trace.Setup.Start) && !at.After(i.trace.End) {
			i.trace.Collections = append(i.trace.Collections, at)
		}
	}
	i.trace.Complete = true
	if !i.summary.TellsBlobs {
		i.log.Blobs = nil // a removed blob may have been committed again, without an event
		return
	}
	for _, ns := range slices.Sorted(maps.Keys(i.blobs)) {
		for _, key := range i.blobs.keys(ns) {
			if i.blobs[ns][key].labels[nodestate.RootLabel] == "" {
				i.rootBlob(*i.trace.Setup.Start, ns, key, recordedRoot)
			}
		}
	}
}

// tellsBlobRemovals reports whether the log has the removal of each blob. A root label keeps the blob until then.
func (i *interpreter) tellsBlobRemovals() bool { return i.log != nil && i.summary.TellsBlobs }

// rootBlob sets the root label of a blob in the trace alone; "" drops it.
func (i *interpreter) rootBlob(at time.Time, ns, key, value string) {
	info := content.Info{Digest: digest.Digest(key), Labels: map[string]string{nodestate.RootLabel: value}}
	args := op.ContentUpdateArgs{Info: info, Paths: []string{"labels." + nodestate.RootLabel}}
	i.trace.Steps = append(i.trace.Steps, Step{At: at, Op: engine.Op{Name: op.ContentUpdate, Header: engine.Header{NS: ns}, Args: args}})
}

// collectBlobs removes the blobs that collections removed before a time, according to the log. The trace drops the root
// label before the collection. Afterwards it deletes the blob: usually that call fails, since the blob is gone, but an
// assumed lease may still hold it.
func (i *interpreter) collectBlobs(until time.Time) {
	for i.log != nil && len(i.log.Blobs) > 0 && i.log.Blobs[0].Time.Before(until) {
		b := i.log.Blobs[0]
		i.log.Blobs = i.log.Blobs[1:]
		ns, ok := i.owner(b.Digest)
		if !ok {
			i.summary.Unseen++
			continue
		}
		delete(i.blobs[ns], string(b.Digest))
		begin := b.Time.Add(-blobLead)
		for _, at := range i.trace.Collections {
			if !at.After(b.Time) {
				begin = at
			}
		}
		i.rootBlob(begin.Add(-1), ns, string(b.Digest), "")
		remove := engine.Op{Name: op.ContentDelete, Header: engine.Header{NS: ns}, Args: op.Blob{Digest: b.Digest}}
		i.model.apply(remove)
		i.trace.Steps = append(i.trace.Steps, Step{At: b.Time, Op: remove})
	}
}

// blobLead is the time before the log's line of a blob's removal in which its collection began.
const blobLead = 20 * time.Millisecond

// owner returns the namespace from which a collection removed a blob, since the log does not name it: preferably one in
// which the model's collection would remove it, then one that commits the blob again soon.
func (i *interpreter) owner(d digest.Digest) (ns string, ok bool) {
	var in []string
	for _, ns := range slices.Sorted(maps.Keys(i.blobs)) {
		if i.blobs[ns][string(d)] != nil {
			in = append(in, ns)
		}
	}
	switch len(in) {
	case 0:
		return "", false
	case 1:
		i.summary.Confidence.Blobs.Certain++
		return in[0], true
	}
	garbage := map[string]int{}
	again := map[string]time.Time{}
	for _, ns := range in {
		if !i.model.garbage(metadata.ResourceContent, at{ns, string(d)}) {
			garbage[ns] = 1
		}
		if again[ns] = i.again[i.blobs[ns][string(d)].made]; again[ns].IsZero() {
			again[ns] = i.trace.End
		}
	}
	slices.SortStableFunc(in, func(a, b string) int { return cmp.Or(garbage[a]-garbage[b], again[a].Compare(again[b])) })
	if garbage[in[0]] < garbage[in[1]] {
		i.summary.Confidence.Blobs.Likely++
	} else {
		i.summary.Confidence.Blobs.Guessed++
	}
	return in[0], true
}
