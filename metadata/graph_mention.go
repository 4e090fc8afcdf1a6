package metadata

import "github.com/holdfast-gc/holdfast/gc"

// mentions are references whose one end is known by name only, in the order they were found. They are given to the
// Builder many at a time, because looking many names up together takes less time.
type mentions struct {
	named []gc.Node
	from  []mention
}

type mention struct {
	by     gc.ID
	back   bool
	reason gc.Reason
}

// refer says that from keeps what n names.
func (s *scan) refer(from gc.ID, n gc.Node, reason gc.Reason) {
	s.mention(n, mention{from, false, reason})
}

// referBack says that what n names keeps to, whose record says so.
func (s *scan) referBack(n gc.Node, to gc.ID, reason gc.Reason) {
	s.mention(n, mention{to, true, reason})
}

func (s *scan) mention(n gc.Node, m mention) {
	s.mentions.named = append(s.mentions.named, n)
	s.mentions.from = append(s.mentions.from, m)
	if len(s.mentions.from) == batchSize || s.Explain { // explanations list edges as they were found among others
		s.resolve()
	}
}

// resolve makes edges of all mentions.
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
