package metadata

import (
	"slices"
	"sync"
	"time"

	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/message"
)

// A packer encodes a record in one pass, its keys in ascending order. After an
// error, which freeze returns, all else does nothing.
type packer struct {
	builder memkv.Builder
	err     error
	// Scratch for what the builder copies.
	key, value []byte
	names      []string
}

var packers = sync.Pool{New: func() any { return new(packer) }}

// newPacker returns an empty packer. freeze ends its use.
func newPacker() *packer {
	p := packers.Get().(*packer)
	p.builder.Reset()
	p.err = nil
	return p
}

// freeze returns the record.
func (p *packer) freeze() (memkv.Frozen, error) {
	defer packers.Put(p)
	if p.err != nil {
		return memkv.Frozen{}, p.err
	}
	return p.builder.Frozen()
}

// name returns key as bytes that are good until the next call.
func (p *packer) name(key string) []byte {
	switch {
	case p.err != nil:
	case key == "":
		p.err = errbolt.ErrKeyRequired
	case len(key) > memkv.MaxKeySize:
		p.err = errbolt.ErrKeyTooLarge
	}
	p.key = append(p.key[:0], key...)
	return p.key
}

// put adds the value that p.value holds, unless it could not be encoded.
func (p *packer) put(key string, err error) {
	name := p.name(key)
	if p.err == nil {
		p.err = err
	}
	if p.err == nil {
		p.err = p.builder.Put(name, p.value)
	}
}

func (p *packer) text(key, text string) {
	p.value = append(p.value[:0], text...)
	p.put(key, nil)
}

func (p *packer) varint(key string, i int64) {
	p.value = appendVarint(p.value[:0], i)
	p.put(key, nil)
}

func (p *packer) time(key string, t time.Time) {
	var err error
	p.value, err = appendTime(p.value[:0], t)
	p.put(key, err)
}

func (p *packer) any(key string, a *message.Message) {
	var err error
	p.value, err = message.Append(p.value[:0], a)
	p.put(key, err)
}

// enter adds a nested bucket, to which all is added until leave.
func (p *packer) enter(key string) {
	name := p.name(key)
	if p.err == nil {
		p.err = p.builder.Enter(name, 0)
	}
}

func (p *packer) leave() {
	if p.err == nil {
		p.err = p.builder.Leave()
	}
}

// copy adds what a record held under key.
func (p *packer) copy(key string, e memkv.Entry) {
	if e.IsBucket() {
		p.enter(key)
		old := p.over(e.Bucket())
		old.rest()
		p.leave()
		return
	}
	p.value = append(p.value[:0], e.Value()...)
	p.put(key, nil)
}

// sortedNames returns the keys of m in ascending order, good until the next
// call.
func sortedNames[V any](p *packer, m map[string]V) []string {
	p.names = p.names[:0]
	for name := range m {
		p.names = append(p.names, name)
	}
	slices.Sort(p.names)
	return p.names
}

// An underlay is an old bucket over which a new one is being packed: what the
// new one doesn't replace stays.
type underlay struct {
	p    *packer
	old  memkv.Iterator
	more bool // old stands at an entry
}

// over returns the underlay of the bucket that p is in, which gets the old
// one's sequence.
func (p *packer) over(old memkv.Frozen) underlay {
	if sequence := old.Sequence(); sequence != 0 && p.err == nil {
		p.err = p.builder.SetSequence(sequence)
	}
	u := underlay{p: p, old: old.Iterator()}
	u.more = u.old.Next()
	return u
}

// take copies the old entries before key and returns the one of that key, in
// whose place the caller may pack another.
func (u *underlay) take(key string) (was stored) {
	for ; u.more && u.old.Key() <= key; u.more = u.old.Next() {
		if u.old.Key() == key {
			was = stored{u.old.Entry(), true}
		} else {
			u.p.copy(u.old.Key(), u.old.Entry())
		}
	}
	return was
}

// rest copies the old entries that are left.
func (u *underlay) rest() {
	for ; u.more; u.more = u.old.Next() {
		u.p.copy(u.old.Key(), u.old.Entry())
	}
}

// A stored is an entry of a record that is being replaced; the zero value says
// that there was none.
type stored struct {
	memkv.Entry
	present bool
}

// bucket returns what a nested bucket held, or an empty one.
func (s stored) bucket() memkv.Frozen { return s.Entry.Bucket() }

// keep adds the old entry again, if there was one.
func (s stored) keep(p *packer, key string) {
	if s.present {
		p.copy(key, s.Entry)
	}
}
