package memkv

import (
	"errors"
	"fmt"
)

// A Builder makes a bucket, or a whole database, in one pass over what it is to
// hold, in the order in which a cursor would find it. It is much faster than
// a transaction: nothing is looked up, and nothing is written twice.
//
// A Builder starts in the root bucket. Put adds a value, Enter adds a nested
// bucket and goes into it, Leave goes back. Within a bucket keys must ascend.
// What is given to it is copied before it returns. After an error, which all
// further calls return again, only Reset is of use.
//
// A Builder must not be used by two goroutines at once. The zero value is ready
// for use.
type Builder struct {
	options []Option
	levels  []level // the root and the buckets that were entered
	packing []byte  // the entries of all levels that are not trees, outermost first
	memory  arena
	err     error
}

// A level is a bucket that is being built.
type level struct {
	sequence uint64
	head     int    // where in packing its head begins, which Leave writes
	start    int    // where in packing its entries begin
	count    int    // of entries in packing
	tree     *tree  // not nil: its entries are there, and none in packing
	name     string // its key in the level around it, as it stands in packing
	last     string // the last key
}

// NewBuilder returns a Builder; the options are for the database that DB makes.
func NewBuilder(opts ...Option) *Builder {
	return &Builder{options: opts}
}

var errBuilderRoot = errors.New("memkv.Builder: Leave without Enter")

// SetSequence sets the sequence of the bucket that the Builder is in.
func (b *Builder) SetSequence(sequence uint64) error {
	if b.err == nil {
		b.top().sequence = sequence
	}
	return b.err
}

// Put adds a value. It returns an error if key is empty, too large, or not
// behind the last one, or if value is too large.
func (b *Builder) Put(key, value []byte) error {
	if int64(len(value)) > MaxValueSize {
		return b.fail(key, "value too large")
	}
	if len(key) > MaxKeySize {
		return b.fail(key, "key too large")
	}
	l := b.next(key)
	if l == nil {
		return b.err
	}
	if l.tree == nil && !l.fits(len(b.packing)+packedSize(alias(key), len(value))) {
		b.plant(l)
	}
	if l.tree == nil {
		start := len(b.packing)
		b.packing = appendHead(b.packing, alias(key), false, len(value))
		b.packing = append(b.packing, value...)
		l.count++
		l.last = b.keyAt(start, len(key))
		return nil
	}
	k, v := b.memory.pair(key, value)
	l.tree.load(k, entry{contents: contents{packed: v}}, &b.memory)
	l.last = k
	return nil
}

// Enter adds a nested bucket with a sequence and goes into it. It returns an
// error if name is empty or not behind the last key.
func (b *Builder) Enter(name []byte, sequence uint64) error {
	l := b.next(name)
	if l == nil {
		return b.err
	}
	child := level{sequence: sequence, head: len(b.packing)}
	// Leave has only the length to write if it takes one byte, as it mostly does.
	b.packing = appendHead(b.packing, alias(name), true, 0)
	b.packing = appendUvarint(b.packing, sequence)
	child.start = len(b.packing)
	child.name = b.keyAt(child.head, len(name))
	l.last = child.name
	b.levels = append(b.levels, child)
	return nil
}

// Leave goes back to the bucket from which Enter went into this one. It returns
// an error in the root bucket.
func (b *Builder) Leave() error {
	if b.err == nil && len(b.levels) < 2 {
		b.err = errBuilderRoot
	}
	if b.err != nil {
		return b.err
	}
	child := b.levels[len(b.levels)-1]
	b.levels = b.levels[:len(b.levels)-1]
	parent := &b.levels[len(b.levels)-1]

	packed := b.packing[child.start:]
	sequence := uvarintSize(child.sequence)
	length := sequence + len(packed)
	if child.empty() {
		length = 0
	}
	fits := child.tree == nil && parent.fits(child.head+packedSize(child.name, length))
	if parent.tree == nil && !fits {
		// What was packed of the parent moves to its tree; what was packed of
		// the child stays where it is.
		b.plant(parent)
	}
	if parent.tree != nil {
		name := b.memory.text(child.name)
		parent.tree.load(name, entry{b.finish(&child), true}, &b.memory)
		parent.last = name
		b.packing = b.packing[:child.head]
		return nil
	}
	b.insertHead(&child, length)
	parent.count++
	return nil
}

// insertHead writes the head of a packed bucket in front of its entries, which
// it shifts if the room that was kept for it is too small or too large.
func (b *Builder) insertHead(child *level, length int) {
	entries := len(b.packing) - child.start
	head := packedSize(child.name, length) - entries
	if shift := child.head + head - child.start; shift != 0 {
		if shift > 0 {
			b.packing = append(b.packing, make([]byte, shift)...)
		}
		copy(b.packing[child.start+shift:], b.packing[child.start:child.start+entries])
		b.packing = b.packing[:child.start+shift+entries]
	}
	at := appendHead(b.packing[:child.head], child.name, true, length)
	if length > 0 {
		appendUvarint(at, child.sequence)
	}
}

// finish returns the contents of a level, in memory of their own.
func (b *Builder) finish(l *level) contents {
	if l.tree != nil {
		l.tree.sequence = l.sequence
		return contents{tree: l.tree}
	}
	if l.empty() {
		return contents{}
	}
	entries := b.packing[l.start:]
	buffer := b.memory.bytes(uvarintSize(l.sequence) + len(entries))
	buffer = appendUvarint(buffer, l.sequence)
	return contents{packed: alias(append(buffer, entries...))}
}

// Frozen returns the root bucket. It returns an error if there was one before,
// or if there were fewer calls of Leave than of Enter. The Builder can be used
// again after a Reset.
func (b *Builder) Frozen() (Frozen, error) {
	if b.err == nil && len(b.levels) > 1 {
		b.err = fmt.Errorf("memkv.Builder: bucket %q: not left", b.top().name)
	}
	if b.err != nil {
		return Frozen{}, b.err
	}
	return Frozen{b.finish(b.top())}, nil
}

// DB returns a database whose root is the bucket that Frozen returns.
func (b *Builder) DB() (*DB, error) {
	root, err := b.Frozen()
	if err != nil {
		return nil, err
	}
	db := New(b.options...)
	db.head.Store(&snapshot{id: 1, root: root.contents})
	return db, nil
}

// Reset makes the Builder as new, but for its options and for memory that it
// can use again. What it made stays untouched.
func (b *Builder) Reset() {
	b.levels = b.levels[:0]
	b.packing = b.packing[:0]
	b.memory = arena{}
	b.err = nil
}

func (b *Builder) top() *level {
	if len(b.levels) == 0 {
		b.levels = append(b.levels, level{})
	}
	return &b.levels[len(b.levels)-1]
}

// next returns the level, ready for an entry under key; nil if that can't be.
func (b *Builder) next(key []byte) *level {
	l := b.top()
	switch {
	case b.err != nil:
	case len(key) == 0:
		b.fail(key, "key required")
	case alias(key) <= l.last:
		b.fail(key, fmt.Sprintf("not behind key %q", l.last))
	default:
		return l
	}
	return nil
}

func (b *Builder) fail(key []byte, reason string) error {
	if b.err == nil {
		b.err = fmt.Errorf("memkv.Builder: key %.100q: %s", key, reason)
	}
	return b.err
}

// fits reports whether the level can stay packed with one more entry, which
// would end at end.
func (l *level) fits(end int) bool {
	return l.tree == nil && end-l.start <= packedSizeMax && l.count < fewMax
}

// empty reports whether the level is what the empty string stands for.
func (l *level) empty() bool {
	return l.count == 0 && l.sequence == 0 && l.tree == nil
}

// keyAt returns the key of the entry that begins at start.
func (b *Builder) keyAt(start, length int) string {
	start += uvarintSize(uint64(length) << 1)
	return alias(b.packing[start : start+length])
}

// plant turns a level into a tree. Of its entries those in packing move there;
// what lies behind them in packing, of a level within, moves up.
func (b *Builder) plant(l *level) {
	l.tree = &tree{sequence: l.sequence}
	s := scanner{packed: alias(b.packing), next: l.start}
	for ; l.count > 0 && s.step(); l.count-- {
		k, v := b.memory.pair(view(s.key), view(s.data))
		l.tree.load(k, entry{contents{packed: v}, s.bucket}, &b.memory)
		l.last = k
	}
}
