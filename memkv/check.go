package memkv

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// A CheckOption configures [Tx.Check].
type CheckOption func(*checkOptions)

type checkOptions struct{ stringer KVStringer }

// WithKVStringer sets the format of keys in messages. The default is HexKVStringer.
func WithKVStringer(s KVStringer) CheckOption {
	return func(o *checkOptions) { o.stringer = s }
}

// A KVStringer formats keys and values.
type KVStringer interface {
	KeyToString([]byte) string
	ValueToString([]byte) string
}

// HexKVStringer formats keys and values in hexadecimal.
func HexKVStringer() KVStringer { return hexKVStringer{} }

type hexKVStringer struct{}

func (hexKVStringer) KeyToString(key []byte) string     { return hex.EncodeToString(key) }
func (hexKVStringer) ValueToString(value []byte) string { return hex.EncodeToString(value) }

// Check validates everything that the transaction sees and sends all faults: empty or unordered keys, unreadable packed
// buckets, and trees with wrong totals. A fault means a bug in this package, or a write to returned bytes. The channel
// is closed and buffered; the caller need not drain it.
func (tx *Tx) Check(opts ...CheckOption) <-chan error {
	tx.mustBeOpen()
	o := checkOptions{stringer: HexKVStringer()}
	for _, set := range opts {
		set(&o)
	}
	faults := tx.root.freeze().check(o.stringer)
	ch := make(chan error, len(faults))
	for _, fault := range faults {
		ch <- fault
	}
	close(ch)
	return ch
}

func (c contents) check(s KVStringer) []error {
	k := checker{stringer: s}
	k.bucket("root", c)
	return k.faults
}

type checker struct {
	stringer KVStringer
	faults   []error
}

func (k *checker) fault(path, format string, args ...any) {
	k.faults = append(k.faults, fmt.Errorf("bucket %s: %s", path, fmt.Sprintf(format, args...)))
}

func (k *checker) bucket(path string, c contents) {
	if c.tree != nil {
		k.tree(path, c.tree)
	} else {
		k.packed(path, c.packed)
	}
}

func (k *checker) packed(path, packed string) {
	if packed == "" {
		return
	}
	if _, _, ok := uvarint(packed, 0); !ok {
		k.fault(path, "sequence cannot be read")
		return
	}
	last := ""
	s := scan(packed)
	for s.step() {
		k.entry(path, s.key, s.entry(), &last)
	}
	if s.broken {
		k.fault(path, "entry at byte %d cannot be read", s.next)
	}
}

func (k *checker) tree(path string, t *tree) {
	if t.many != nil && t.few != nil {
		k.fault(path, "entries in two places")
	}
	counted := tree{}
	last := ""
	n := 0
	t.each(func(key string, e entry) bool {
		n++
		counted.account(key, e, 1)
		k.entry(path, key, e, &last)
		return true
	})
	if n != t.len() {
		k.fault(path, "%d entries, counted as %d", n, t.len())
	}
	if counted.size != t.size || counted.subtrees != t.subtrees {
		k.fault(path, "%d bytes and %d trees, counted as %d and %d", counted.size, counted.subtrees, t.size, t.subtrees)
	}
}

func (k *checker) entry(path, key string, e entry, last *string) {
	name := k.stringer.KeyToString(view(key))
	if key <= *last {
		k.fault(path, "key %s: not after %s", name, k.stringer.KeyToString(view(*last)))
	}
	*last = key
	if e.bucket {
		k.bucket(path+"/"+name, e.contents)
	} else if e.tree != nil {
		k.fault(path, "key %s: both a value and a tree", name)
	}
}

func joinErrors(errs []error) string { return errors.Join(errs...).Error() }
