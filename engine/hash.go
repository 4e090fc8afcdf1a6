package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// A Hash stands for the state of a node.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Hash returns the hash of the node: of the database, what the backends hold, the
// time, the schedule and what chance will bring. Events, faults, collectors, forks
// and open handles don't count, and neither does what the daemon only remembers.
//
// To hash again costs what changed.
func (e *Engine) Hash() Hash {
	d := e.current()
	random := e.random.state()
	sum := sha256.New()
	text := func(part []byte) {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write(part)
	}
	kv, content := d.kv.Hash(), d.content.Hash()
	text(kv[:])
	text(content[:])
	for _, s := range d.snapshotters {
		h := s.Hash()
		text([]byte(s.name))
		text(h[:])
	}
	now := e.clock.Now()
	text(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(now.Unix())), uint32(now.Nanosecond())))
	text([]byte(e.schedule()))
	state, _ := random.MarshalBinary() // never fails
	text(state)
	return Hash(sum.Sum(nil))
}

// schedule describes the state of the schedule; "" if there is none.
func (e *Engine) schedule() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy == nil {
		return ""
	}
	return e.policy.String()
}
