package gc

import "slices"

// sharedBytes collects shared bytes and their holders by key.
type sharedBytes struct {
	names   internTable
	weights []int64
	holders edgeList // from the number of a key to its holders
}

func (s *sharedBytes) add(name string, weight int64, holders []ID) {
	if s.names.slots == nil {
		s.names = newInternTable(0)
	}
	id := s.names.intern(Node{Key: name})
	if int(id) == len(s.weights) {
		s.weights = append(s.weights, 0)
	}
	s.weights[id] = max(s.weights[id], weight)
	for _, h := range holders {
		s.holders.add(id, h, ofSource, Reason{}, false)
	}
}

// A sink is the bytes of several holders.
type sink struct {
	weight  int64
	holders []uint32 // objects
}

// settle returns the bytes with several existing holders. It adds bytes with one existing holder to that object's
// weight.
func (s *sharedBytes) settle(weights []int64, exists bitmap) []sink {
	var sinks []sink
	by := s.holders.byFrom(len(s.weights))
	for i, weight := range s.weights {
		first, end := by.of(uint32(i))
		holders := by.to[first:end:end]
		holders = slices.DeleteFunc(holders, func(h uint32) bool { return !exists.has(int(h)) })
		slices.Sort(holders)
		holders = slices.Compact(holders)
		switch len(holders) {
		case 0:
		case 1:
			weights[holders[0]] = addBytes(weights[holders[0]], weight)
		default:
			sinks = append(sinks, sink{weight, holders})
		}
	}
	return sinks
}
