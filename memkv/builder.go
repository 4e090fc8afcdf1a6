package memkv

import (
	"errors"
	"fmt"
)

// A Builder builds a bucket or a whole database in one pass over its contents, in cursor order. It is much faster than
// a transaction, because it searches nothing and writes nothing twice.
//
// A Builder starts in the root bucket. Put adds a value. Enter adds a nested bucket and makes it the current bucket;
// Leave returns to the bucket around it. Keys must ascend within a bucket. The Builder copies its arguments before a
// call returns. After an error every further call returns the same error, until Reset.
//
// Only one goroutine at a time may use a Builder. The zero value is ready to use.
type Builder struct {
	options []Option
	levels  []level // the root and the entered buckets, outermost first
	packing []byte  // packed entries of all levels without a tree, outermost first
	memory  arena
	err     error

	parts bool  // it builds parts of buckets
	rows  []row // of the root level, if parts is set
}

// A level is a bucket under construction.
//
// Invariants: head <= start <= len(Builder.packing). The entries of the root level of a Builder of parts are in
// Builder.rows. If tree is not nil, it holds all entries and count is 0. Otherwise packing holds count entries from
// start on.
type level struct {
	part     bool // the root level of a Builder of parts
	sequence uint64
	head     int    // index in packing of the level's own head, which Leave completes
	start    int    // index in packing of the first entry
	count    int    // number of entries in packing
	tree     *tree  // nil while the entries are packed
	name     string // key in the level around it; refers to packing
	last     string // the last key
}

// NewBuilder returns a Builder. The options apply to the database that [Builder.DB] returns.
func NewBuilder(opts ...Option) *Builder {
	return &Builder{options: opts}
}

var errBuilderRoot = errors.New("memkv.Builder: Leave without Enter")

// SetSequence sets the sequence of the current bucket.
func (b *Builder) SetSequence(sequence uint64) error {
	if b.err == nil {
		b.top().sequence = sequence
	}
	return b.err
}

// Put adds a value. It returns an error if key is empty, too large or not after the previous key, or if value is too
// large.
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
	if l.packs() && !l.fits(len(b.packing)+packedSize(alias(key), len(value))) {
		b.plant(l)
	}
	if l.packs() {
		b.pack(l, alias(key), false, alias(value))
		return nil
	}
	k, v := b.memory.pair(key, value)
	b.load(l, k, entry{contents: contents{packed: v}})
	return nil
}

// pack adds an entry to a level that is packed.
func (b *Builder) pack(l *level, key string, bucket bool, packed string) {
	start := len(b.packing)
	b.packing = append(appendHead(b.packing, key, bucket, len(packed)), packed...)
	l.count++
	l.last = b.keyAt(start, len(key))
}

// load adds an entry to a level that is not packed.
func (b *Builder) load(l *level, key string, e entry) {
	if l.part {
		b.rows = append(b.rows, row{key, e})
	} else {
		l.tree.load(key, e, &b.memory)
	}
	l.last = key
}

// Enter adds a nested bucket with a sequence and makes it the current bucket. It returns an error if name is empty or
// not after the previous key.
func (b *Builder) Enter(name []byte, sequence uint64) error {
	l := b.next(name)
	if l == nil {
		return b.err
	}
	child := level{sequence: sequence, head: len(b.packing)}
	// The length is known at Leave. Reserve one byte, which is enough for most buckets.
	b.packing = appendHead(b.packing, alias(name), true, 0)
	b.packing = appendUvarint(b.packing, sequence)
	child.start = len(b.packing)
	child.name = b.keyAt(child.head, len(name))
	l.last = child.name
	b.levels = append(b.levels, child)
	return nil
}

// Leave returns to the bucket around the current one. It returns an error in the root bucket.
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
	if parent.packs() && !fits {
		// The packed entries of the parent move to its tree. Those of the child stay in packing.
		b.plant(parent)
	}
	if !parent.packs() {
		name := b.memory.text(child.name)
		b.load(parent, name, entry{b.finish(&child), true})
		b.packing = b.packing[:child.head]
		return nil
	}
	b.insertHead(&child, length)
	parent.count++
	return nil
}

// insertHead writes the head of a packed bucket before its entries. It shifts the entries if the reserved room is too
// small or too large.
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

// finish returns the contents of a level in memory of its own.
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

// Frozen returns the root bucket. It returns the first error of an earlier call, or an error if a bucket was entered
// and not left. After that the Builder can be used again after a Reset.
func (b *Builder) Frozen() (Frozen, error) {
	if b.err == nil && len(b.levels) > 1 {
		b.err = fmt.Errorf("memkv.Builder: bucket %q: not left", b.top().name)
	}
	if b.err != nil {
		return Frozen{}, b.err
	}
	return Frozen{b.finish(b.top())}, nil
}

// DB returns a database with the root bucket that [Builder.Frozen] returns, and the same errors.
func (b *Builder) DB() (*DB, error) {
	root, err := b.Frozen()
	if err != nil {
		return nil, err
	}
	db := New(b.options...)
	db.head.Store(&snapshot{id: 1, root: root.contents})
	return db, nil
}

// Reset removes all contents and the error. It keeps the options and some memory. Databases and buckets that the
// Builder returned stay unchanged.
func (b *Builder) Reset() {
	b.levels = b.levels[:0]
	b.rows = nil
	b.packing = b.packing[:0]
	b.memory = arena{}
	b.err = nil
}

// A Part is a range of the entries of a bucket. It is immutable.
type Part struct{ rows []row }

// NewPartBuilder returns a Builder of the Parts of one bucket, which is its root bucket. Part ends a Part. The methods
// Frozen and DB return empty buckets. Several goroutines can build the Parts of a bucket, each with a Builder of its
// own, and another one can add them to the bucket with [Builder.Append].
func NewPartBuilder() *Builder { return &Builder{parts: true} }

// Part returns the entries of the root bucket since the last Part. It returns the first error of an earlier call, or an
// error if a bucket was entered and not left.
func (b *Builder) Part() (Part, error) {
	if _, err := b.Frozen(); err != nil {
		return Part{}, err
	}
	p := Part{b.rows}
	b.rows, b.levels = make([]row, 0, len(b.rows)+len(b.rows)/4), b.levels[:0] // parts are often of similar size
	return p, nil
}

// Append adds the entries of a Part to the current bucket. It returns an error if they are not after the previous key.
func (b *Builder) Append(p Part) error {
	for _, r := range p.rows {
		l := b.next(view(r.key))
		if l == nil {
			return b.err
		}
		if l.packs() && (r.tree != nil || !l.fits(len(b.packing)+packedSize(r.key, len(r.packed)))) {
			b.plant(l)
		}
		if !l.packs() {
			b.load(l, r.key, r.entry)
			continue
		}
		b.pack(l, r.key, r.bucket, r.packed)
	}
	return b.err
}

func (b *Builder) top() *level {
	if len(b.levels) == 0 {
		b.levels = append(b.levels, level{part: b.parts})
	}
	return &b.levels[len(b.levels)-1]
}

// next returns the current level if an entry under key may follow, otherwise nil.
func (b *Builder) next(key []byte) *level {
	l := b.top()
	switch {
	case b.err != nil:
	case len(key) == 0:
		b.fail(key, "key required")
	case alias(key) <= l.last:
		b.fail(key, fmt.Sprintf("not after key %q", l.last))
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

// packs reports whether the entries of the level are in packing.
func (l *level) packs() bool { return l.tree == nil && !l.part }

// fits reports whether the level can stay packed with one more entry that ends at index end.
func (l *level) fits(end int) bool {
	return l.packs() && end-l.start <= packedSizeMax && l.count < fewMax
}

// empty reports whether the packed form of the level is the empty string.
func (l *level) empty() bool {
	return l.count == 0 && l.sequence == 0 && l.tree == nil
}

// keyAt returns the key of the entry that begins at start.
func (b *Builder) keyAt(start, length int) string {
	start += uvarintSize(uint64(length) << 1)
	return alias(b.packing[start : start+length])
}

// plant turns a level into a tree. It moves the level's entries out of packing; entries of an inner level behind them
// stay.
func (b *Builder) plant(l *level) {
	l.tree = &tree{sequence: l.sequence}
	s := scanner{packed: alias(b.packing), next: l.start}
	for ; l.count > 0 && s.step(); l.count-- {
		k, v := b.memory.pair(view(s.key), view(s.data))
		l.tree.load(k, entry{contents{packed: v}, s.bucket}, &b.memory)
		l.last = k
	}
}
