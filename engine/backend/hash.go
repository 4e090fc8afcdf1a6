package backend

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"

	digest "github.com/opencontainers/go-digest"
)

// A Hash identifies the state of a backend. Equal states have equal hashes, independent of the calls that produced
// them. Different states have different hashes, except for states constructed to collide: the hashes of records are
// added up, not chained.
//
// A backend that is never hashed pays nothing. After the first hash, the backend updates the sum with each change, so
// the next hash is cheap.
type Hash [sha256.Size]byte

// Hash returns the hash of the blobs and the ingests, bytes included. Open writers do not change it.
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

// Hash returns the hash of the snapshots and of the next directory name.
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
	r.labels(b.labels)
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
	h.labels(r.labels)
	return h.hash()
}

// sum is the sum of the hashes of records, modulo 2^256, with the lowest word first. It is updated only once it is
// known.
type sum struct {
	known bool
	words [4]uint64
}

// account adds h (sign 1) or subtracts it (sign -1).
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

// recordHash hashes the parts of a record, each after its length.
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

func (r *recordHash) labels(labels labelList) {
	r.number(int64(len(labels)))
	for _, l := range labels {
		r.text(l.key, l.value)
	}
}

func (r *recordHash) hash() Hash { return sha256.Sum256(*r) }
