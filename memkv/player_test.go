package memkv_test

import (
	"errors"
	"fmt"
	"strings"
)

// A player plays a history on one store.
type player[S store[T], T transaction[B, C], B bucket[B, C], C cursor[B]] struct {
	store      S
	readers    [readersMax + 1]*session[T, B, C]
	transcript []string
	committed  int
}

// A session is an open transaction with a cursor.
type session[T transaction[B, C], B bucket[B, C], C cursor[B]] struct {
	tx     T
	cursor *C
	// changed: the transaction has changed something; unplaced: it has changed something since the last First, Last or
	// Seek; deleted: it has deleted entries.
	changed, unplaced, deleted bool
}

func play[S store[T], T transaction[B, C], B bucket[B, C], C cursor[B]](s S, h history) []string {
	p := &player[S, T, B, C]{store: s}
	for i, u := range h {
		p.say("update %d", i)
		p.update(u)
	}
	for i := range p.readers {
		p.closeReader(i)
	}
	p.say("commits seen by handlers: %d", p.committed)
	return p.transcript
}

func (p *player[S, T, B, C]) say(format string, args ...any) {
	p.transcript = append(p.transcript, fmt.Sprintf(format, args...))
}

var errOnPurpose = errors.New("on purpose")

func (p *player[S, T, B, C]) update(u update) {
	run := func(tx T) {
		tx.OnCommit(func() { p.committed++ })
		p.say("id %d writable %v", tx.ID(), tx.Writable())
		s := &session[T, B, C]{tx: tx}
		for _, st := range u.steps {
			p.say("%v", st)
			p.step(s, st)
		}
		p.say("%s", p.dump(tx))
	}
	defer func() {
		if r := recover(); r != nil {
			p.say("panic: %v", r)
		}
		if tx, err := p.store.Begin(false); err == nil {
			p.say("now %d: %s", tx.ID(), p.dump(tx))
			p.say("commit of a read-only one: %v, rollback: %v, again: %v", tx.Commit(), tx.Rollback(), tx.Rollback())
		}
	}()
	calls := 0
	switch u.ending {
	case commit:
		p.say("%v", p.store.Update(func(tx T) error { run(tx); return nil }))
	case commitByHand, rollback:
		tx, err := p.store.Begin(true)
		if err != nil {
			p.say("%v", err)
			return
		}
		run(tx)
		if u.ending == commitByHand {
			p.say("%v", tx.Commit())
		}
		p.say("%v, then %v", tx.Rollback(), tx.Commit())
		p.say("%d %v", tx.ID(), tx.Writable())
	case failure:
		p.say("%v", p.store.Update(func(tx T) error { run(tx); return errOnPurpose }))
	case panicking:
		p.say("%v", p.store.Update(func(tx T) error { run(tx); panic("on purpose") }))
	case commitInside:
		p.say("%v", p.store.Update(func(tx T) error { run(tx); return tx.Commit() }))
	case batch:
		p.say("%v", p.store.Batch(func(tx T) error { run(tx); return nil }))
	case batchFailure:
		p.say("%v", p.store.Batch(func(tx T) error { calls++; run(tx); return errOnPurpose }))
		p.say("called %d times", calls)
	}
}

func (p *player[S, T, B, C]) step(s *session[T, B, C], st step) {
	switch {
	case st.act == openReader:
		p.closeReader(st.reader)
		tx, err := p.store.Begin(false)
		p.say("%v", err)
		p.readers[st.reader] = &session[T, B, C]{tx: tx}
		return
	case st.act == closeReader:
		p.closeReader(st.reader)
		return
	case st.reader > 0:
		if s = p.readers[st.reader]; s == nil {
			return
		}
	}
	if st.act == dumpAll {
		p.say("%s", p.dump(s.tx))
		return
	}
	if st.act == moveBucket {
		p.move(s, st)
		return
	}
	b, ok := p.find(s.tx, st.path)
	if !ok {
		p.say("no such bucket")
		return
	}
	p.act(s, b, st)
}

func (p *player[S, T, B, C]) closeReader(i int) {
	if s := p.readers[i]; s != nil {
		p.say("reader %d: %s", i, p.dump(s.tx))
		p.say("%v", s.tx.Rollback())
		p.readers[i] = nil
	}
}

// find follows a path from the root bucket, which is the bucket of the transaction's cursor.
func (p *player[S, T, B, C]) find(tx T, path []string) (b B, ok bool) {
	var none B
	b = tx.Cursor().Bucket()
	for _, name := range path {
		if b = b.Bucket([]byte(name)); b == none {
			return b, false
		}
	}
	return b, true
}

func (p *player[S, T, B, C]) act(s *session[T, B, C], b B, st step) {
	key := []byte(st.key)
	switch st.act {
	case get:
		p.say("%q", quote(b.Get(key)))
		sub := b.Bucket(key)
		var none B
		p.say("bucket %v", sub != none)
	case put:
		p.change(s, b.Put(key, st.value))
	case putMany:
		for i := range st.n {
			p.change(s, b.Put(fmt.Appendf(nil, "%s%03d", st.key, i), st.value[:len(st.value)%50]))
		}
	case del:
		p.change(s, b.Delete(key))
		s.deleted = true
	case delMany:
		for i := range st.n {
			p.change(s, b.Delete(fmt.Appendf(nil, "%s%03d", st.key, i)))
		}
		s.deleted = true
	case create:
		_, err := b.CreateBucket(key)
		p.change(s, err)
	case createIfNotExists:
		_, err := b.CreateBucketIfNotExists(key)
		p.change(s, err)
	case deleteBucket:
		if excluded(emptyName, st.key == "") {
			return
		}
		err := b.DeleteBucket(key)
		p.change(s, err)
		s.deleted = true
		if excluded(deletedBucket, err == nil) {
			s.cursor = nil
		}
	case setSequence:
		if excluded(rootSequence, len(st.path) == 0) {
			return
		}
		p.change(s, b.SetSequence(uint64(st.n)<<(st.n%50)))
	case nextSequence:
		if excluded(rootSequence, len(st.path) == 0) {
			return
		}
		n, err := b.NextSequence()
		p.say("%d", n)
		p.change(s, err)
	case forEach:
		n := 0
		p.say("%v", b.ForEach(func(k, v []byte) error {
			p.say("%q=%s", k, quote(v))
			if n++; n > st.n {
				return errOnPurpose
			}
			return nil
		}))
		p.say("%v", b.ForEachBucket(func(k []byte) error { p.say("%q", k); return nil }))
		p.say("%d %v", b.Sequence(), b.Writable())
	case openCursor:
		c := b.Cursor()
		s.cursor, s.unplaced = &c, false
	default:
		p.moveCursor(s, st)
	}
}

// change records the result of a call that changes the store on success.
func (p *player[S, T, B, C]) change(s *session[T, B, C], err error) {
	p.say("%v", err)
	if err == nil {
		s.changed, s.unplaced = true, true
	}
}

func (p *player[S, T, B, C]) moveCursor(s *session[T, B, C], st step) {
	if s.cursor == nil {
		return
	}
	c := *s.cursor
	var k, v []byte
	switch st.act {
	case first:
		k, v = c.First()
	case last:
		k, v = c.Last()
	case seek:
		k, v = c.Seek([]byte(st.key))
	case next:
		if excluded(placedCursor, s.unplaced) {
			return
		}
		k, v = c.Next()
	case prev:
		if excluded(placedCursor, s.unplaced) || excluded(prevOverEmptied, s.deleted) {
			return
		}
		k, v = c.Prev()
	case deleteAtCursor:
		// Deleting at an unplaced cursor panics in bbolt, so place it first.
		if k, _ := c.Seek([]byte(st.key)); k != nil {
			p.change(s, c.Delete())
			s.deleted = true
		}
		return
	}
	if st.act == first || st.act == last || st.act == seek {
		s.unplaced = false
	}
	p.say("%q %s", k, quote(v))
}

func (p *player[S, T, B, C]) move(s *session[T, B, C], st step) {
	var none B
	src, ok := p.find(s.tx, st.path)
	dst, ok2 := p.find(s.tx, st.to)
	if !ok || !ok2 || excluded(moveUncommitted, s.changed) || excluded(moveIntoItself, isWithin(st)) ||
		excluded(emptyName, st.key == "") {
		return
	}
	if len(st.path) == 0 {
		src = none
	}
	if len(st.to) == 0 {
		dst = none
	}
	err := s.tx.MoveBucket([]byte(st.key), src, dst)
	p.change(s, err)
	if excluded(deletedBucket, err == nil) {
		s.cursor = nil
	}
}

// isWithin reports whether a step moves a bucket into itself.
func isWithin(st step) bool {
	moved := append(append([]string(nil), st.path...), st.key)
	if len(st.to) < len(moved) {
		return false
	}
	for i, name := range moved {
		if st.to[i] != name {
			return false
		}
	}
	return true
}

// dump returns everything that a transaction sees.
func (p *player[S, T, B, C]) dump(tx T) string {
	var out strings.Builder
	var walk func(indent string, b B)
	walk = func(indent string, b B) {
		fmt.Fprintf(&out, "%ssequence %d\n", indent, b.Sequence())
		must(b.ForEach(func(k, v []byte) error {
			fmt.Fprintf(&out, "%s%q %s\n", indent, k, quote(v))
			if v == nil {
				walk(indent+"  ", b.Bucket(k))
			}
			return nil
		}))
	}
	walk("", tx.Cursor().Bucket())
	return out.String()
}

// quote distinguishes nil from empty.
func quote(v []byte) string {
	if v == nil {
		return "nil"
	}
	if len(v) > 30 {
		return fmt.Sprintf("%d bytes %q", len(v), v[:10])
	}
	return fmt.Sprintf("%q", v)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
