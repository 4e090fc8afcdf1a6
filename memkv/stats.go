package memkv

import "sync/atomic"

// counts are the counters behind [DB.Stats].
type counts struct {
	begun, open atomic.Int64 // read-only transactions
	cursors     atomic.Int64
	writes      atomic.Int64
}

func (c *counts) ended(tx *Tx) {
	if tx.writable {
		c.writes.Add(1)
	} else {
		c.open.Add(-1)
	}
	if n := tx.cursors.Load(); n != 0 {
		c.cursors.Add(n)
	}
}

// Stats are counters of a database since it was made.
type Stats struct {
	TxStats TxStats // of ended transactions

	TxN     int // read-only transactions begun
	OpenTxN int // read-only transactions that are open
}

// TxStats are counters of transactions.
type TxStats struct {
	CursorCount int64 // cursors made
	Write       int64 // writable transactions ended
}

// GetCursorCount returns CursorCount.
func (s *TxStats) GetCursorCount() int64 { return s.CursorCount }

// GetWrite returns Write.
func (s *TxStats) GetWrite() int64 { return s.Write }

// Sub returns the difference between s and other.
func (s *TxStats) Sub(other *TxStats) TxStats {
	return TxStats{CursorCount: s.CursorCount - other.CursorCount, Write: s.Write - other.Write}
}

// Sub returns the difference between s and other. A nil other counts as zero. OpenTxN is a current value and stays 0 in
// the result, as in bolt.
func (s *Stats) Sub(other *Stats) Stats {
	if other == nil {
		return *s
	}
	return Stats{TxN: s.TxN - other.TxN, TxStats: s.TxStats.Sub(&other.TxStats)}
}

// Stats returns the counters of the database.
func (db *DB) Stats() Stats {
	return Stats{
		TxN:     int(db.counts.begun.Load()),
		OpenTxN: int(db.counts.open.Load()),
		TxStats: TxStats{CursorCount: db.counts.cursors.Load(), Write: db.counts.writes.Load()},
	}
}

// Stats returns the counters of the transaction.
func (tx *Tx) Stats() TxStats { return TxStats{CursorCount: tx.cursors.Load()} }

// BucketStats are figures about a bucket and its nested buckets. The figures about pages exist because bolt has them;
// they are always 0.
type BucketStats struct {
	BranchPageN     int
	BranchOverflowN int
	LeafPageN       int
	LeafOverflowN   int

	KeyN  int // entries, nested buckets included
	Depth int // levels of buckets

	BranchAlloc int
	BranchInuse int
	LeafAlloc   int
	LeafInuse   int // bytes of keys and values

	BucketN           int // buckets, including the bucket itself
	InlineBucketN     int // packed buckets
	InlineBucketInuse int // bytes of packed buckets
}

// Add adds other to s. Depth becomes the larger of the two.
func (s *BucketStats) Add(other BucketStats) {
	s.BranchPageN += other.BranchPageN
	s.BranchOverflowN += other.BranchOverflowN
	s.LeafPageN += other.LeafPageN
	s.LeafOverflowN += other.LeafOverflowN
	s.KeyN += other.KeyN
	s.Depth = max(s.Depth, other.Depth)
	s.BranchAlloc += other.BranchAlloc
	s.BranchInuse += other.BranchInuse
	s.LeafAlloc += other.LeafAlloc
	s.LeafInuse += other.LeafInuse
	s.BucketN += other.BucketN
	s.InlineBucketN += other.InlineBucketN
	s.InlineBucketInuse += other.InlineBucketInuse
}

// Stats returns figures about b and its nested buckets.
func (b *Bucket) Stats() BucketStats {
	b.tx.mustBeOpen()
	return b.freeze().stats()
}

func (c contents) stats() BucketStats {
	s := BucketStats{BucketN: 1}
	if c.tree == nil {
		s.InlineBucketN, s.InlineBucketInuse = 1, len(c.packed)
	}
	var nested BucketStats
	c.each(func(key string, e entry) bool {
		s.KeyN++
		s.LeafInuse += len(key)
		if e.bucket {
			nested.Add(e.stats())
		} else {
			s.LeafInuse += len(e.packed)
		}
		return true
	})
	nested.Depth++
	s.Add(nested)
	return s
}

// BucketStructure describes a bucket and its nested buckets.
type BucketStructure struct {
	Name     string            `json:"name"`              // "root" for the bucket on which Inspect was called
	KeyN     int               `json:"keyN"`              // number of values
	Children []BucketStructure `json:"buckets,omitempty"` // nested buckets, in order
}

// Inspect describes b and its nested buckets. The name of b itself is "root".
func (b *Bucket) Inspect() BucketStructure {
	b.tx.mustBeOpen()
	return b.freeze().inspect("root")
}

func (c contents) inspect(name string) BucketStructure {
	s := BucketStructure{Name: name}
	c.each(func(key string, e entry) bool {
		if e.bucket {
			s.Children = append(s.Children, e.inspect(key))
		} else {
			s.KeyN++
		}
		return true
	})
	return s
}
