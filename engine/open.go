package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Open returns a node that starts on a real node's metadata database, a file named meta.db, plain or gzip'd. The file
// is not changed. The node migrates the database in memory to the schema of its version, as the daemon does.
//
// The backends are filled from the database. Blobs have sizes but no bytes: reading one fails with FailedPrecondition.
// Ingests and snapshots have no size. The database does not store the kind of a snapshot: Open takes a snapshot as
// committed if it has children or its key is a digest, and as active otherwise. The clock starts at the latest time in
// the database, unless [WithStart] sets it. The snapshotters are those in the database and those of [WithSnapshotters].
//
// The error is an error of boltfile.Open, or [examine.ErrForeign] for a database that is not containerd's.
func Open(path string, opts ...Option) (*Engine, error) {
	return open(opts, func() (*memkv.DB, error) { return boltfile.Open(path) })
}

// Read is [Open] for a database read from r.
func Read(r io.Reader, opts ...Option) (*Engine, error) {
	return open(opts, func() (*memkv.DB, error) { return boltfile.Read(r) })
}

// ReadBytes is [Open] for a database in memory. The Engine does not keep data.
func ReadBytes(data []byte, opts ...Option) (*Engine, error) {
	return open(opts, func() (*memkv.DB, error) { return boltfile.ReadBytes(data) })
}

func open(opts []Option, read func() (*memkv.DB, error)) (*Engine, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	kv, err := read()
	if err != nil {
		return nil, err
	}
	o.opened = true
	return found(o, kv)
}

// found returns a node that starts on a database.
func found(o options, kv *memkv.DB) (*Engine, error) {
	err := kv.Update(func(tx *memkv.Tx) error {
		if err := examine.Identify(tx.Freeze()); err != nil {
			return err
		}
		// The daemon migrates first, too. So there is one schema to read.
		_, err := metadata.Migrate(tx, o.rules.Schema())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	var s survey
	if err := kv.View(func(tx *memkv.Tx) error { s.read(tx.Freeze()); return nil }); err != nil {
		return nil, err
	}
	o.Snapshotters = slices.Compact(slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(s.snapshots)), o.Snapshotters...))))
	if !s.latest.IsZero() {
		o.beginAt(s.latest)
	}
	o.beginAt(Start)
	e := newEngine(o)
	m := newMachine(o, kv, e.clock)
	s.place(m)
	return e, e.boot(context.Background(), m)
}

// survey is the state of the backends according to a database.
type survey struct {
	blobs     map[digest.Digest]content.Info
	ingests   map[string]time.Time           // expiry by the backend's reference
	snapshots map[string]map[string]snapshot // by snapshotter, then by the backend's key
	latest    time.Time
}

type snapshot struct {
	snapshots.Info
	committed bool
}

func (s *survey) read(db memkv.Frozen) {
	s.blobs, s.ingests, s.snapshots = map[digest.Digest]content.Info{}, map[string]time.Time{}, map[string]map[string]snapshot{}
	all, _ := db.Bucket("v1")
	for _, e := range all.All() {
		s.namespace(e.Bucket())
	}
}

func (s *survey) namespace(ns memkv.Frozen) {
	for _, kind := range []string{"images", "containers", "leases", "sandboxes"} {
		records, _ := ns.Bucket(kind)
		for _, e := range records.All() {
			s.times(e.Bucket())
		}
	}
	blobs, _ := ns.BucketAt("content", "blob")
	for dgst, e := range blobs.All() {
		if schema.ValidateDigest(digest.Digest(dgst)) == nil {
			created, updated := s.times(e.Bucket())
			s.blobs[digest.Digest(dgst)] = content.Info{
				Digest: digest.Digest(dgst), Size: sizeOf(e.Bucket()), CreatedAt: created, UpdatedAt: updated,
			}
		}
	}
	ingests, _ := ns.BucketAt("content", "ingests")
	for _, e := range ingests.All() {
		ref := string(e.Bucket().Get("ref"))
		if shares := len(e.Bucket().Get("expected")) > 0; ref != "" && !shares {
			s.ingests[ref] = stored(e.Bucket(), "expireat")
		}
	}
	snapshotters, _ := ns.Bucket("snapshots")
	for name, e := range snapshotters.All() {
		if e.IsBucket() && name != "" {
			s.snapshotter(name, e.Bucket())
		}
	}
}

func (s *survey) snapshotter(name string, records memkv.Frozen) {
	if s.snapshots[name] == nil {
		s.snapshots[name] = map[string]snapshot{}
	}
	for key, e := range records.All() {
		record := e.Bucket()
		backendKey := string(record.Get("name"))
		if backendKey == "" {
			continue
		}
		created, updated := s.times(record)
		parent, _ := records.Bucket(string(record.Get("parent")))
		children, _ := record.Bucket("children")
		s.snapshots[name][backendKey] = snapshot{
			Info: snapshots.Info{
				Name:    backendKey,
				Parent:  string(parent.Get("name")),
				Labels:  snapshots.FilterInheritedLabels(labelsOf(record)),
				Created: created,
				Updated: updated,
			},
			committed: children.Len() > 0 || schema.ValidateDigest(digest.Digest(key)) == nil,
		}
	}
}

// times returns the times of a record, and updates the latest time.
func (s *survey) times(record memkv.Frozen) (created, updated time.Time) {
	created, updated = stored(record, "createdat"), stored(record, "updatedat")
	for _, t := range []time.Time{created, updated} {
		if t.After(s.latest) {
			s.latest = t
		}
	}
	return created, updated
}

// place fills the backends.
func (s *survey) place(m machine) {
	for _, info := range s.blobs {
		m.content.Place(info)
	}
	for ref, given := range s.ingests {
		m.content.PlaceIngest(ref, given)
	}
	for _, to := range m.snapshotters {
		p := placing{to.Snapshotter, s.snapshots[to.name], map[string]bool{}}
		for _, key := range slices.Sorted(maps.Keys(p.all)) {
			p.place(key)
		}
	}
}

// placing adds the snapshots of one snapshotter to its backend.
type placing struct {
	to   *backend.Snapshotter
	all  map[string]snapshot
	done map[string]bool
}

// place adds a snapshot after its parents. It skips a snapshot whose parent is impossible.
func (p *placing) place(key string) {
	if p.done[key] {
		return
	}
	p.done[key] = true
	s, ok := p.all[key]
	if !ok {
		return
	}
	s.Kind = snapshots.KindActive
	if s.committed {
		s.Kind = snapshots.KindCommitted
	}
	if s.Parent != "" {
		p.place(s.Parent)
	}
	_ = p.to.Place(s.Info, snapshots.Usage{})
}

func stored(record memkv.Frozen, key string) time.Time {
	var t time.Time
	if t.UnmarshalBinary(record.Get(key)) != nil {
		return time.Time{}
	}
	return t.UTC()
}

func sizeOf(record memkv.Frozen) int64 {
	size, n := binary.Varint(record.Get("size"))
	if n <= 0 || size < 0 {
		return 0
	}
	return size
}

func labelsOf(record memkv.Frozen) map[string]string {
	stored, ok := record.Bucket("labels")
	if !ok {
		return nil
	}
	labels := map[string]string{}
	for key, e := range stored.All() {
		labels[key] = strings.Clone(e.Text())
	}
	return labels
}
