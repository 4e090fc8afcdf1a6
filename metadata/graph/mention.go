package graph

import (
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// mentions are references in which one end is a name, in the order of the scan. The scan looks up the names in batches,
// which is faster than one by one. named and from have the same length.
type mentions struct {
	named []gc.Node
	from  []mention
}

type mention struct {
	by     gc.ID
	back   bool
	reason gc.Reason
}

// refer records that from keeps n.
func (s *scan) refer(from gc.ID, n gc.Node, reason gc.Reason) {
	s.mention(n, mention{from, false, reason})
}

// referBack records that n keeps to. The reference is in to's record.
func (s *scan) referBack(n gc.Node, to gc.ID, reason gc.Reason) {
	s.mention(n, mention{to, true, reason})
}

func (s *scan) mention(n gc.Node, m mention) {
	if s.resource != nil && n.Type >= rules.ResourceEnd {
		s.resource(n)
	}
	s.mentions.named = append(s.mentions.named, n)
	s.mentions.from = append(s.mentions.from, m)
	if len(s.mentions.from) == batchSize || s.Explain { // explanations list edges in the order of the scan
		s.resolve()
	}
}

// resolve turns the mentions into edges.
func (s *scan) resolve() {
	s.ids = s.InternAll(s.mentions.named, s.ids[:0])
	for i, m := range s.mentions.from {
		if m.back {
			s.BackEdge(s.ids[i], m.by, m.reason)
		} else {
			s.Edge(m.by, s.ids[i], m.reason)
		}
	}
	s.mentions.named, s.mentions.from = s.mentions.named[:0], s.mentions.from[:0]
}
