package oracle

import "fmt"

// CheckInvariants returns an error if the oracle's state breaks an invariant that its types state.
func (o *Oracle) CheckInvariants() error {
	if w := o.writeTx; w != nil && (!w.writable || o.transactions[w.name] != w) {
		return fmt.Errorf("writeTx %q is not an open writable transaction", w.name)
	}
	for name, c := range o.calls {
		if c == o.spare {
			return fmt.Errorf("the suspended call %q is spare", name)
		}
		if len(c.times) == 0 {
			return fmt.Errorf("the suspended call %q has no time", name)
		}
	}
	if o.modelStale {
		return fmt.Errorf("the model is stale")
	}
	return o.model.checkInvariants()
}

func (m *model) checkInvariants() error {
	stored := 0
	for _, s := range m.spaces {
		var count [kinds]int
		for k, at := range s.slots {
			if at.key != k || at.space != s {
				return fmt.Errorf("slot %s is under %s/%s", at, s.name, k)
			}
			if at.object == nil {
				continue
			}
			stored++
			count[k.kind]++
			if int(at.place) >= len(m.objects) || m.objects[at.place] != at {
				return fmt.Errorf("slot %s is not in its place", at)
			}
		}
		if count != s.count {
			return fmt.Errorf("namespace %q counts %v objects, not %v", s.name, s.count, count)
		}
	}
	if stored != len(m.objects) {
		return fmt.Errorf("%d objects, but %d slots with one", len(m.objects), stored)
	}
	return nil
}
