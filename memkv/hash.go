package memkv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// A Hash stands for everything in a bucket: keys, values, sequences, and the
// buckets nested in it. It depends on nothing else, neither on how the bucket is
// stored nor on how it came about.
//
// It is made for comparing states that nobody has built to deceive: that two
// different ones have the same Hash has a probability of 2^-256. It is not meant
// to withstand an attacker. A bucket's hash is the SHA-256 of the sum, modulo
// 2^256, of the SHA-256 of its entries, and with many entries to choose from
// sums can be made to meet with far less than 2^128 work.
//
// The sum is why it is cheap: a bucket too large to be packed remembers it once
// it was asked for, and then keeps it up to date with each change. To hash
// again costs what has changed since. Databases that are never hashed pay nothing.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Hash returns the hash of what the last commit left.
func (db *DB) Hash() Hash { return db.head.Load().root.hash() }

// Hash returns the hash of what the transaction sees, changes of its own included.
func (tx *Tx) Hash() Hash { return tx.Freeze().Hash() }

// Hash returns the hash of what f holds.
func (f Frozen) Hash() Hash { return f.hash() }

func (c contents) hash() Hash {
	var total sum
	if c.tree != nil {
		total = c.tree.total()
	} else {
		total = c.add()
	}
	var text [8 + sha256.Size]byte
	binary.BigEndian.PutUint64(text[:], c.sequence())
	for i, word := range total {
		binary.BigEndian.PutUint64(text[8+8*i:], word)
	}
	return sha256.Sum256(text[:])
}

// total returns the sum of t's entries. Several goroutines may ask at once: they
// find the same.
func (t *tree) total() sum {
	known := t.sum.Load()
	if known == nil {
		s := contents{tree: t}.add()
		known = &s
		t.sum.Store(known)
	}
	return *known
}

// add adds up the hashes of all entries.
func (c contents) add() (s sum) {
	c.each(func(key string, e entry) bool {
		s.account(hashEntry(key, e), 1)
		return true
	})
	return s
}

// hashEntry hashes a key and what it stands for.
func hashEntry(key string, e entry) Hash {
	var room [128]byte
	text := room[:0]
	if e.bucket {
		nested := e.hash()
		text = appendHead(text, key, true, len(nested))
		text = append(text, nested[:]...)
	} else {
		text = appendHead(text, key, false, len(e.packed))
		text = append(text, e.packed...)
	}
	return sha256.Sum256(text)
}

// A sum is a number modulo 2^256, its lowest word first.
type sum [4]uint64

// account adds h, or with a sign of -1 subtracts it.
func (s *sum) account(h Hash, sign int) {
	var carry uint64
	for i := range s {
		word := binary.BigEndian.Uint64(h[8*i:])
		if sign > 0 {
			s[i], carry = bits.Add64(s[i], word, carry)
		} else {
			s[i], carry = bits.Sub64(s[i], word, carry)
		}
	}
}
