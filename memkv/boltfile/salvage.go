package boltfile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A Loss is a range of keys of one bucket that cannot be read.
type Loss = bolt.Loss

// A Salvage lists the losses of a file that was read with [WithSalvage].
type Salvage struct {
	// Losses are the first 1000 losses, in the order of the file. It is empty if every page could be read.
	Losses []Loss

	// Omitted is the number of further losses.
	Omitted int

	// Faults are the faults of the file's head: a damaged meta page, so that the last transaction may be lost, and a
	// file that ends too early. Neither is a loss by itself.
	Faults []*Fault
}

// Lossy reports whether something is lost.
func (s *Salvage) Lossy() bool { return len(s.Losses) > 0 }

const maxLosses = 1000

func (s *Salvage) add(l Loss) {
	if len(s.Losses) == maxLosses {
		s.Omitted++
		return
	}
	s.Losses = append(s.Losses, l)
}

// WithPrevious reads the state before the last transaction, that of the older meta page. It is whole if the file has
// not been written to since its newest pages were damaged. Reading fails if one of the two meta pages is damaged.
func WithPrevious() ReadOption {
	return func(o *readOptions) { o.open = append(o.open, bolt.Previous()) }
}

// WithSalvage reads a damaged file as far as possible, and stores the losses in s. A bucket of which nothing can be
// read is empty; an entry with two readable versions has the first. If both meta pages are damaged, or the page of the
// root bucket is missing, everything is lost, but [WithScavenge] still finds the entries. A sound file gives the same
// database as without the option.
func WithSalvage(s *Salvage) ReadOption {
	return func(o *readOptions) {
		o.open = append(o.open, bolt.AcceptTruncated())
		o.salvage = s
	}
}

// salvage reads a damaged file.
func salvage(f *bolt.File, o *readOptions) (*memkv.DB, error) {
	c := &collection{}
	c.open = []*salvaged{{sequence: f.RootSequence()}}
	if err := f.Salvage(c, o.salvage.add); err != nil {
		return nil, err
	}
	b := memkv.NewBuilder(o.memkv...)
	if err := c.open[0].build(b); err != nil {
		return nil, err
	}
	return b.DB()
}

// salvaged is the readable content of a bucket.
type salvaged struct {
	sequence uint64
	values   map[string][]byte
	buckets  map[string]*salvaged
}

// has reports whether the bucket has an entry called name.
func (s *salvaged) has(name []byte) bool {
	if _, ok := s.values[string(name)]; ok {
		return true
	}
	return s.buckets[string(name)] != nil
}

// build adds the content to the current bucket of b.
func (s *salvaged) build(b *memkv.Builder) error {
	if err := b.SetSequence(s.sequence); err != nil {
		return err
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(s.values)), maps.Keys(s.buckets))
	slices.Sort(names)
	for _, name := range names {
		sub := s.buckets[name]
		if sub == nil {
			if err := b.Put([]byte(name), s.values[name]); err != nil {
				return err
			}
			continue
		}
		if err := b.Enter([]byte(name), sub.sequence); err != nil {
			return err
		}
		if err := sub.build(b); err != nil {
			return err
		}
		if err := b.Leave(); err != nil {
			return err
		}
	}
	return nil
}

// A collection is a [bolt.Visitor] that accepts entries in any order. open has the root and the entered buckets.
type collection struct{ open []*salvaged }

func (c *collection) accept(name []byte) error {
	switch {
	case len(name) > memkv.MaxKeySize:
		return fmt.Errorf("%w: it has %d bytes", bolt.ErrRejected, len(name))
	case c.top().has(name):
		return fmt.Errorf("%w: it is there twice", bolt.ErrRejected)
	}
	return nil
}

func (c *collection) top() *salvaged { return c.open[len(c.open)-1] }

func (c *collection) Put(key, value []byte) error {
	if err := c.accept(key); err != nil {
		return err
	}
	if c.top().values == nil {
		c.top().values = map[string][]byte{}
	}
	c.top().values[string(key)] = bytes.Clone(value)
	return nil
}

func (c *collection) Enter(name []byte, sequence uint64) error {
	if err := c.accept(name); err != nil {
		return err
	}
	sub := &salvaged{sequence: sequence}
	if c.top().buckets == nil {
		c.top().buckets = map[string]*salvaged{}
	}
	c.top().buckets[string(name)] = sub
	c.open = append(c.open, sub)
	return nil
}

func (c *collection) Leave() error {
	c.open = c.open[:len(c.open)-1]
	return nil
}
