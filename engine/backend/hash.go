package backend

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"
)

// A Hash stands for all that a backend holds: equal states have equal hashes
// however they came about, and different ones different hashes, unless somebody
// set out to deceive (the hashes of records are added up, not chained).
//
// A backend that was never hashed pays nothing for it. One that was keeps the sum
// up to date, so that to hash again costs what changed.
type Hash [sha256.Size]byte

// Hash returns the hash of the blobs and the ingests, their bytes included. Which
// of them writers hold does not count.
func (s *Content) Hash() Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sum.known {
		s.sum.known = true
		s.blobs.Scan(func(_ digest.Digest, b *blob) bool { s.sum.account(b.hash(), 1); return true })
	}
	total := s.sum
	s.ingests.Scan(func(ref string, in *ingest) bool {
		var r recordHash
		r.text("ingest", ref, string(in.data))
		r.number(in.total)
		r.time(in.startedAt, in.updatedAt)
		total.account(r.hash(), 1)
		return true
	})
	return total.hash(0)
}

// Hash returns the hash of the snapshots and of what the next one will be called.
func (s *Snapshotter) Hash() Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sum.known {
		s.sum.known = true
		s.records.Scan(func(_ string, r *record) bool { s.sum.account(r.hash(), 1); return true })
	}
	return s.sum.hash(s.lastID)
}

func (b *blob) hash() Hash {
	var r recordHash
	r.text("blob", b.info.Digest.String())
	r.number(b.info.Size)
	r.time(b.info.CreatedAt, b.info.UpdatedAt)
	r.labels(b.info.Labels)
	if b.data == nil {
		r.number(0)
	}
	return r.hash()
}

func (r *record) hash() Hash {
	var h recordHash
	h.text("snapshot", r.info.Name, r.info.Parent)
	h.number(int64(r.id), int64(r.info.Kind), r.usage.Inodes, r.usage.Size)
	h.time(r.info.Created, r.info.Updated)
	h.labels(r.info.Labels)
	return h.hash()
}

// sum adds up the hashes of records, modulo 2^256 and lowest word first. It is
// only kept once it is known.
type sum struct {
	known bool
	words [4]uint64
}

// account adds h, or with a sign of -1 subtracts it.
func (s *sum) account(h Hash, sign int) {
	var carry uint64
	for i := range s.words {
		word := binary.BigEndian.Uint64(h[8*i:])
		if sign > 0 {
			s.words[i], carry = bits.Add64(s.words[i], word, carry)
		} else {
			s.words[i], carry = bits.Sub64(s.words[i], word, carry)
		}
	}
}

func (s *sum) hash(more uint64) Hash {
	var text []byte
	for _, word := range append(s.words[:], more) {
		text = binary.BigEndian.AppendUint64(text, word)
	}
	return sha256.Sum256(text)
}

// recordHash collects what a record consists of, each part behind its length.
type recordHash []byte

func (r *recordHash) text(parts ...string) {
	for _, p := range parts {
		*r = binary.AppendUvarint(*r, uint64(len(p)))
		*r = append(*r, p...)
	}
}

func (r *recordHash) number(numbers ...int64) {
	for _, n := range numbers {
		*r = binary.AppendVarint(*r, n)
	}
}

func (r *recordHash) time(times ...time.Time) {
	for _, t := range times {
		r.number(t.Unix(), int64(t.Nanosecond()))
	}
}

func (r *recordHash) labels(labels map[string]string) {
	r.number(int64(len(labels)))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		r.text(key, labels[key])
	}
}

func (r *recordHash) hash() Hash { return sha256.Sum256(*r) }
