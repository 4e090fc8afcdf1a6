package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// A Hash identifies the state of a node.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Hash returns the hash of the database, the backends, the time, the schedule and the random source. Events, faults,
// Collectors, forks, open handles and the memory of the daemon do not change it.
//
// After the first call, the cost of a call is proportional to the changes since the last one.
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

// schedule describes the state of the schedule. It returns "" if there is none.
func (e *Engine) schedule() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policy == nil {
		return ""
	}
	return e.policy.String()
}
