package memkv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// A Hash identifies the contents of a bucket: keys, values, sequences, and nested buckets. It depends on nothing else,
// such as the stored form or the history of the bucket.
//
// It compares states that nobody constructed to collide: two different states have the same Hash with probability
// 2^-256. It does not withstand an attacker. A bucket's hash is the SHA-256 of the sum, modulo 2^256, of the SHA-256 of
// its entries; with many entries to choose from, equal sums take far less than 2^128 work.
//
// The sum makes it cheap: a bucket too large to be packed keeps its sum after the first request and updates it with
// each change. Another hash costs only the changes since. Databases that are never hashed pay nothing.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Hash returns the hash of the last commit, or of an empty database for the zero DB.
func (db *DB) Hash() Hash {
	if head := db.head.Load(); head != nil {
		return head.root.hash()
	}
	return contents{}.hash()
}

// Hash returns the hash of the state that the transaction sees, including its own changes.
func (tx *Tx) Hash() Hash { return tx.Freeze().Hash() }

// Hash returns the hash of the contents of f.
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

// total returns the sum of t's entries. Concurrent callers compute the same sum.
func (t *tree) total() sum {
	known := t.sum.Load()
	if known == nil {
		s := contents{tree: t}.add()
		known = &s
		t.sum.Store(known)
	}
	return *known
}

// add returns the sum of the hashes of all entries.
func (c contents) add() (s sum) {
	c.each(func(key string, e entry) bool {
		s.account(hashEntry(key, e), 1)
		return true
	})
	return s
}

// hashEntry returns the hash of a key and its entry.
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

// account adds h, or with sign -1 subtracts it.
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
