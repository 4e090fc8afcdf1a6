package metadata

import (
	"fmt"
	"iter"
	"strings"
	"time"
	"unsafe"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// GraphOptions say how a database is to be read.
type GraphOptions struct {
	Version Version   // whose rules count; 0: Newest
	Now     time.Time // what expiry is compared with
	Explain bool      // keep reasons and near misses, for Why
	Weigh   bool      // give content its size, and snapshots what Usage says
	// Usage returns the bytes that a snapshot's own layer takes; the database does not know. It may be nil.
	Usage func(namespace, snapshotter, key string) int64
}

// Rules that reasons in a graph name.
const (
	RuleLabel     = "label"     // a label of the object that holds, or, for a back reference, of the one held
	RuleField     = "field"     // a field of the record: target, parent, snapshotKey, expected
	RuleResource  = "resource"  // a lease's list of resources
	RuleCondition = "condition" // a conditional label whose condition is met
	RuleRoot      = "root"      // a root by its kind; the detail says until when, if it ends
	RuleCollector = "collector" // a registered Collector said so
	RuleExpired   = "expired"   // nearly: the time in the detail has passed
	RuleIgnored   = "ignored"   // nearly: the label in the detail does not count
	RuleFlat      = "flat"      // nearly: a flat lease stops before the label in the detail
	RuleUnmet     = "unmet"     // nearly: the condition in the detail is not met
)

// Graph reads the reference graph of a database: every object, what keeps it, and the roots. The graph refers to
// the database's own bytes, which never change.
//
// It fails where a collection by the daemon would fail and remove nothing: an ingest whose time of expiry cannot be
// decoded.
func Graph(db memkv.Frozen, o GraphOptions) (*gc.Graph, error) {
	s := newScan(db, o)
	if err := s.database(); err != nil {
		return nil, err
	}
	return s.finish(), nil
}

// A scan is one reading of a database into a graph.
type scan struct {
	*gc.Builder
	GraphOptions
	db    memkv.Frozen
	rules []rules.Rule // of the version, and of the collectors

	obeyed   rules.Meaning // by the kind being scanned
	batch    []object
	mentions mentions
	nodes    []gc.Node // for InternAll
	ids      []gc.ID   // from it
	text     []byte    // of keys

	namespace  string
	flat       bool // the namespace has a live flat lease
	blobs      blobs
	collectors collectorContexts
	lost       []gc.ID // snapshots on which a collection would fail
	pending    []condition
	values     map[gc.ID][]time.Time // of conditionValue labels
}

// An object is one record while it is scanned.
type object struct {
	id     gc.ID
	name   string // within its namespace and scope
	scope  string // the snapshotter, for a scoped kind
	record memkv.Frozen
	labels memkv.Frozen
}

// newScan prepares the reading of db.
func newScan(db memkv.Frozen, o GraphOptions) *scan {
	if o.Version == 0 {
		o.Version = Newest
	}
	s := &scan{GraphOptions: o, db: db, rules: rules.Of(o.Version)}
	var options []gc.BuilderOption
	if o.Explain {
		options = append(options, gc.Explain())
	}
	s.Builder = gc.NewBuilder(countRecords(db), options...)
	return s
}

// database scans every namespace.
func (s *scan) database() error {
	v1, _ := s.db.Bucket(keyVersion1)
	for name, ns := range buckets(v1) {
		s.namespace, s.flat = name, false
		for i := range kinds {
			if err := s.kind(&kinds[i], ns); err != nil {
				return fmt.Errorf("namespace %q: %w", name, err)
			}
		}
		s.resolve()
		s.collectors.active(s)
	}
	s.unmigratedSandboxes()
	return nil
}

// finish evaluates what needed the whole to be known, and freezes the graph.
func (s *scan) finish() *gc.Graph {
	for _, c := range s.pending {
		s.condition(c)
	}
	s.blobs.weigh(s.Builder)
	return s.Builder.Graph()
}

// kind scans all objects of one kind in a namespace.
func (s *scan) kind(k *kind, ns memkv.Frozen) error {
	s.obeyed = rules.Obeyed(k.resource, s.Version)
	records, _ := ns.BucketAt(k.path...)
	if !k.scoped {
		return s.objects(k, ns, "", records)
	}
	for scope, records := range buckets(records) {
		if err := s.objects(k, ns, scope, records); err != nil {
			return err
		}
	}
	return nil
}

// objects scans the records of one bucket, a few at a time.
func (s *scan) objects(k *kind, ns memkv.Frozen, scope string, records memkv.Frozen) error {
	if s.Weigh && k.resource == ResourceContent {
		s.blobs.expect(records.Len())
	}
	s.batch = s.batch[:0]
	for name, record := range buckets(records) {
		labels, _ := record.Bucket(keyLabels)
		s.batch = append(s.batch, object{name: name, scope: scope, record: record, labels: labels})
		if len(s.batch) == batchSize {
			if err := s.scanBatch(k, ns); err != nil {
				return err
			}
		}
	}
	return s.scanBatch(k, ns)
}

const batchSize = 32

// scanBatch scans the objects in s.batch, which it empties.
func (s *scan) scanBatch(k *kind, ns memkv.Frozen) error {
	s.nodes = s.nodes[:0]
	for _, o := range s.batch {
		s.nodes = append(s.nodes, s.node(k.resource, o.scope, o.name))
	}
	s.ids = s.InternAll(s.nodes, s.ids[:0])
	for i := range s.batch {
		s.batch[i].id = s.ids[i]
	}
	for _, o := range s.batch {
		if err := s.object(k, ns, o); err != nil {
			return fmt.Errorf("%s %q: %w", k.name, o.name, err)
		}
	}
	s.batch = s.batch[:0]
	return nil
}

func (s *scan) object(k *kind, ns memkv.Frozen, o object) error {
	if k.scoped && strings.Contains(o.scope, "/") {
		s.misplaced(ns, o)
		return nil
	}
	s.Define(o.id, 0)
	if s.Weigh && k.resource == ResourceContent {
		s.blobs.add(o)
	}
	if k.scan != nil {
		if err := k.scan(s, o); err != nil {
			return err
		}
	}
	s.labels(s.obeyed, o)
	return nil
}

// intern returns the ID of what stands for a key of the kind in the namespace being scanned.
func (s *scan) intern(t ResourceType, scope, key string) gc.ID {
	return s.Intern(s.node(t, scope, key))
}

func (s *scan) node(t ResourceType, scope, key string) gc.Node {
	if t == ResourceSnapshot {
		key = s.scopedKey(scope, key)
	}
	return gc.Node{Type: t, Namespace: s.namespace, Key: key}
}

// scopedKey returns scope/key, in memory that it shares with others.
func (s *scan) scopedKey(scope, key string) string {
	if n := len(scope) + 1 + len(key); n > cap(s.text)-len(s.text) {
		s.text = make([]byte, 0, max(n, 16<<10))
	}
	at := len(s.text)
	s.text = append(append(append(s.text, scope...), '/'), key...)
	return stringOf(s.text[at:])
}

// countRecords returns how many objects there are, or a few more.
func countRecords(db memkv.Frozen) int {
	n := 0
	v1, _ := db.Bucket(keyVersion1)
	for _, ns := range buckets(v1) {
		for i := range kinds {
			records, _ := ns.BucketAt(kinds[i].path...)
			if !kinds[i].scoped {
				n += records.Len()
				continue
			}
			for _, records := range buckets(records) {
				n += records.Len()
			}
		}
	}
	return n
}

// buckets iterates over the buckets nested in b, in order of their names.
func buckets(b memkv.Frozen) iter.Seq2[string, memkv.Frozen] {
	return func(yield func(string, memkv.Frozen) bool) {
		for name, e := range b.All() {
			if e.IsBucket() && !yield(name, e.Bucket()) {
				return
			}
		}
	}
}

// stringOf returns b as a string without copying it: the bytes of a database never change.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
