package metadata

import (
	"slices"
	"sync"
	"time"

	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A packer encodes a record in one pass. The caller adds the keys in ascending order. After an error all methods do
// nothing, and freeze returns the error.
//
// key, value and names are scratch space. The builder copies key and value, so the next call can reuse them.
type packer struct {
	builder    memkv.Builder
	err        error
	key, value []byte
	names      []string
}

var packers = sync.Pool{New: func() any { return new(packer) }}

// newPacker returns an empty packer from a pool. freeze gives it back.
func newPacker() *packer {
	p := packers.Get().(*packer)
	p.builder.Reset()
	p.err = nil
	return p
}

// freeze returns the record, or the first error. The packer must not be used afterwards.
func (p *packer) freeze() (memkv.Frozen, error) {
	defer packers.Put(p)
	if p.err != nil {
		return memkv.Frozen{}, p.err
	}
	return p.builder.Frozen()
}

// name returns key as bytes, which are valid until the next call.
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

// put adds p.value under key. err is the error of encoding it.
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
	p.value = schema.AppendVarint(p.value[:0], i)
	p.put(key, nil)
}

func (p *packer) time(key string, t time.Time) {
	var err error
	p.value, err = schema.AppendTime(p.value[:0], t)
	p.put(key, err)
}

func (p *packer) any(key string, a *message.Message) {
	var err error
	p.value, err = message.Append(p.value[:0], a)
	p.put(key, err)
}

// enter adds a nested bucket. Until leave, all entries are added to it.
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

// copy adds an entry of another record under key.
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

// sortedNames returns the keys of m in ascending order. The slice is valid until the next call.
func sortedNames[V any](p *packer, m map[string]V) []string {
	p.names = p.names[:0]
	for name := range m {
		p.names = append(p.names, name)
	}
	slices.Sort(p.names)
	return p.names
}

// An underlay is an old bucket that a new one replaces. Entries that the caller does not take are copied.
type underlay struct {
	p    *packer
	old  memkv.Iterator
	more bool // old is at an entry
}

// over returns the underlay of the bucket being packed, and copies the old bucket's sequence number.
func (p *packer) over(old memkv.Frozen) underlay {
	if sequence := old.Sequence(); sequence != 0 && p.err == nil {
		p.err = p.builder.SetSequence(sequence)
	}
	u := underlay{p: p, old: old.Iterator()}
	u.more = u.old.Next()
	return u
}

// take copies the old entries before key and returns the old entry of key. The caller decides whether to keep, replace
// or drop this entry.
func (u *underlay) take(key string) (was oldEntry) {
	for ; u.more && u.old.Key() <= key; u.more = u.old.Next() {
		if u.old.Key() == key {
			was = oldEntry{u.old.Entry(), true}
		} else {
			u.p.copy(u.old.Key(), u.old.Entry())
		}
	}
	return was
}

// rest copies the remaining old entries.
func (u *underlay) rest() {
	for ; u.more; u.more = u.old.Next() {
		u.p.copy(u.old.Key(), u.old.Entry())
	}
}

// An oldEntry is an entry of a record that is being replaced. The zero value means that the record has no such entry.
type oldEntry struct {
	memkv.Entry
	present bool
}

// bucket returns the nested bucket, or an empty one.
func (e oldEntry) bucket() memkv.Frozen { return e.Entry.Bucket() }

// keep adds the old entry to p, if there is one.
func (e oldEntry) keep(p *packer, key string) {
	if e.present {
		p.copy(key, e.Entry)
	}
}
