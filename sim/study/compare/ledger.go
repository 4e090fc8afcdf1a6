package compare

import (
	"slices"
	"time"
)

// The kinds of holders, as indices into PinnedBy. Bytes with several holders count for the first kind in this order.
type holderKind uint8

const (
	byContainer holderKind = iota
	byBuild
	byLease
	byImageInUse
	byImage
	holderKinds
)

var kindNames = PinnedBy()

// A unit is bytes on the disk that come and go as a whole: a blob, a snapshot.
type unit struct {
	bytes  int64
	holds  []hold
	on     bool      // it is on the disk
	unheld time.Time // since when nothing holds it
	counted
}

// counted is the class to which a unit's bytes are attributed at present.
type counted struct {
	kind  holderKind // holderKinds: it is garbage
	alone *account   // the only holder; nil if there are several
}

// A hold counts the claims of one holder, by kind, on a unit.
type hold struct {
	holder string
	kind   holderKind
	n      int
}

// A claim holds units on behalf of one holder.
type claim struct {
	holder string
	kind   holderKind
	units  []*unit
}

// An account integrates a number of bytes over time.
type account struct {
	Holder
	bytes int64
	total float64 // byte-seconds until since
	since time.Time
}

func (a *account) add(now time.Time, bytes int64) {
	a.total += float64(float64(a.bytes) * now.Sub(a.since).Seconds())
	a.since = now
	a.bytes += bytes
}

// A gauge is an account that records each level and its duration.
type gauge struct {
	account
	peak   int64
	levels []level
}

type level struct {
	bytes   int64
	seconds float64
}

func (g *gauge) add(now time.Time, bytes int64) {
	if lasted := now.Sub(g.since).Seconds(); lasted > 0 {
		g.levels = append(g.levels, level{g.bytes, lasted})
	}
	g.account.add(now, bytes)
	g.peak = max(g.peak, g.bytes)
}

// A ledger knows the holders of each unit. It counts, without a graph, the bytes per holder and the garbage. At every
// collection the node checks that the engine removes exactly the ledger's garbage.
//
// Invariants: the kinds' bytes add up to the used bytes; unheld is the number of units on the disk without holds.
type ledger struct {
	now     func() time.Time
	kinds   [holderKinds + 1]account // the last: garbage
	used    gauge
	holders map[Holder]*account // by name and kind
	waits   []time.Duration     // from unheld to removed, of each unit
	unheld  int                 // units on the disk without holders
	loose   bool                // a claim that may have been the only one on a unit ended since this was last false
}

func newLedger(now func() time.Time) *ledger {
	l := &ledger{now: now, holders: map[Holder]*account{}}
	at := now()
	l.used.since = at
	for i := range l.kinds {
		l.kinds[i].since = at
	}
	return l
}

// put puts a unit on the disk.
func (l *ledger) put(u *unit) {
	u.on, u.unheld = true, l.now()
	l.used.add(l.now(), u.bytes)
	l.count(u)
}

// take removes a unit from the disk. For garbage, it records the time since the unit became garbage.
func (l *ledger) take(u *unit) {
	if len(u.holds) == 0 {
		l.waits = append(l.waits, l.now().Sub(u.unheld))
	}
	l.uncount(u)
	u.on = false
	l.used.add(l.now(), -u.bytes)
}

// claim adds a holder of units. The claim lasts until release.
func (l *ledger) claim(holder string, kind holderKind, units []*unit) *claim {
	c := &claim{holder, kind, units}
	l.each(c, +1)
	return c
}

// release ends a claim. It ignores nil.
func (l *ledger) release(c *claim) {
	if c != nil {
		l.each(c, -1)
		l.loose = l.loose || c.kind != byContainer
	}
}

// replace changes the units of a claim.
func (l *ledger) replace(c *claim, units []*unit) {
	l.each(&claim{c.holder, c.kind, units}, +1)
	l.release(&claim{c.holder, c.kind, c.units})
	c.units = units
}

// changeKind changes the kind of a claim. It ignores nil.
func (l *ledger) changeKind(c *claim, kind holderKind) {
	if c == nil || c.kind == kind {
		return
	}
	l.each(&claim{c.holder, kind, c.units}, +1)
	l.each(c, -1)
	c.kind = kind
}

func (l *ledger) each(c *claim, n int) {
	for _, u := range c.units {
		l.uncount(u)
		at := slices.IndexFunc(u.holds, func(h hold) bool { return h.kind == c.kind && h.holder == c.holder })
		if at < 0 {
			at = len(u.holds)
			u.holds = append(u.holds, hold{c.holder, c.kind, 0})
		}
		if u.holds[at].n += n; u.holds[at].n == 0 {
			u.holds = slices.Delete(u.holds, at, at+1)
		}
		if len(u.holds) == 0 {
			u.unheld = l.now()
		}
		l.count(u)
	}
}

// count attributes a unit's bytes to its holders.
func (l *ledger) count(u *unit) {
	if !u.on {
		return
	}
	u.counted = counted{kind: holderKinds}
	alone := len(u.holds) > 0
	for _, h := range u.holds {
		u.kind = min(u.kind, h.kind)
		alone = alone && h.holder == u.holds[0].holder
	}
	l.kinds[u.kind].add(l.now(), u.bytes)
	if u.kind == holderKinds {
		l.unheld++
	}
	if alone {
		u.alone = l.account(Holder{Name: u.holds[0].holder, Kind: kindNames[u.kind]})
		u.alone.add(l.now(), u.bytes)
	}
}

func (l *ledger) uncount(u *unit) {
	if !u.on {
		return
	}
	l.kinds[u.kind].add(l.now(), -u.bytes)
	if u.kind == holderKinds {
		l.unheld--
	}
	if u.alone != nil {
		u.alone.add(l.now(), -u.bytes)
	}
}

func (l *ledger) account(h Holder) *account {
	a := l.holders[h]
	if a == nil {
		a = &account{Holder: h, since: l.now()}
		l.holders[h] = a
	}
	return a
}
