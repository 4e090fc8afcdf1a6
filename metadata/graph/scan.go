package graph

import (
	"fmt"
	"iter"
	"strings"
	"time"
	"unsafe"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A scan builds the graph of a database. It visits the namespaces in order, and within each the kinds in order.
//
// Between two namespaces, batch and mentions are empty. Nodes and ids are scratch space. All values of conditions are
// known after the last namespace, so finish evaluates pending.
type scan struct {
	builder
	Options
	db    memkv.Frozen
	rules []rules.Rule // of the version, and of the collectors

	obeyed   rules.Meaning                 // by the kind being scanned
	own      func(s *scan, o object) error // of the kind being scanned, from ownReferences
	batch    []object
	mentions mentions
	nodes    []gc.Node // arguments of InternAll
	ids      []gc.ID   // results of InternAll
	text     []byte    // memory for the keys of snapshots

	namespace string
	flat      bool // the namespace has a live flat lease
	blobs     blobs
	lost      []gc.ID // snapshots whose removal would fail the collection
	pending   []condition
	values    map[gc.ID][]time.Time // of labels with the meaning ConditionValue

	flips     func(id gc.ID, at time.Time) // if not nil: called with each time at which the statements of a record change
	liveLease func(o object)               // if not nil: called with each lease that has not expired
	odd       bool                         // there is a misplaced snapshot

	resource func(gc.Node) // if not nil: called with each resource of a collector to which a label refers
}

// A builder takes the statements of records: a [gc.Builder] or a [gc.Tracker].
type builder interface {
	Intern(gc.Node) gc.ID
	InternAll(nodes []gc.Node, ids []gc.ID) []gc.ID
	Define(id gc.ID, weight int64)
	Root(id gc.ID, reason gc.Reason)
	Edge(from, to gc.ID, reason gc.Reason)
	BackEdge(from, to gc.ID, reason gc.Reason)
	Flat(gc.ID) gc.ID
	Miss(from, to gc.ID, reason gc.Reason)
	MissRoot(id gc.ID, reason gc.Reason)
}

// An object is one record while it is scanned.
type object struct {
	id     gc.ID
	name   string // within its namespace and scope
	scope  string // the snapshotter, for a scoped kind
	record memkv.Frozen
	labels memkv.Frozen
}

// newScan returns a scan of db, and the Builder to which it adds. [scan.finish] makes the graph.
func newScan(db memkv.Frozen, o Options) (*scan, *gc.Builder) {
	if o.Version == 0 {
		o.Version = rules.Newest
	}
	var options []gc.BuilderOption
	if o.Explain {
		options = append(options, gc.Explain())
	}
	b := gc.NewBuilder(countRecords(db), options...)
	s := &scan{builder: b, Options: o, db: db, rules: rules.Of(o.Version)}
	s.external()
	return s, b
}

// database scans every namespace.
func (s *scan) database() error {
	v1, _ := s.db.Bucket(schema.KeyVersion1)
	for name, ns := range buckets(v1) {
		if err := s.inNamespace(name, ns); err != nil {
			return err
		}
	}
	s.unmigratedSandboxes()
	return nil
}

// inNamespace scans a namespace.
func (s *scan) inNamespace(name string, ns memkv.Frozen) error {
	s.namespace, s.flat = name, false
	kinds := schema.Kinds()
	for i := range kinds {
		if err := s.kind(&kinds[i], ns); err != nil {
			return fmt.Errorf("namespace %q: %w", name, err)
		}
	}
	s.resolve()
	s.active()
	return nil
}

// finish evaluates the conditions, records the sizes of blobs and returns the graph of b.
func (s *scan) finish(b *gc.Builder) *gc.Graph {
	for _, c := range s.pending {
		s.condition(b, c)
	}
	s.blobs.weigh(b)
	return b.Graph()
}

// begin makes t the kind being scanned.
func (s *scan) begin(t gc.ResourceType) {
	s.obeyed, s.own = rules.Obeyed(t, s.Version), ownReferences[t]
}

// kind scans all objects of one kind in a namespace.
func (s *scan) kind(k *schema.Kind, ns memkv.Frozen) error {
	s.begin(k.Resource)
	for scope, records := range recordBuckets(k, ns) {
		if err := s.objects(k, ns, scope, records); err != nil {
			return err
		}
	}
	return nil
}

// objects scans the records of one bucket in batches.
func (s *scan) objects(k *schema.Kind, ns memkv.Frozen, scope string, records memkv.Frozen) error {
	if s.Weigh && k.Resource == rules.ResourceContent {
		s.blobs.expect(records.Len())
	}
	s.batch = s.batch[:0]
	for name, record := range buckets(records) {
		s.batch = append(s.batch, object{name: name, scope: scope, record: record})
		if len(s.batch) == batchSize {
			if err := s.scanBatch(k, ns); err != nil {
				return err
			}
		}
	}
	return s.scanBatch(k, ns)
}

const batchSize = 32

// scanBatch scans the objects of s.batch and empties it.
func (s *scan) scanBatch(k *schema.Kind, ns memkv.Frozen) error {
	s.nodes = s.nodes[:0]
	for i := range s.batch {
		s.batch[i].record.Prefetch()
	}
	for i := range s.batch {
		o := &s.batch[i]
		o.labels, _ = o.record.Bucket(schema.KeyLabels)
		s.nodes = append(s.nodes, s.node(k.Resource, o.scope, o.name))
	}
	s.ids = s.InternAll(s.nodes, s.ids[:0])
	for i := range s.batch {
		s.batch[i].id = s.ids[i]
	}
	for _, o := range s.batch {
		if err := s.object(k, ns, o); err != nil {
			return fmt.Errorf("%s %q: %w", k.Name, o.name, err)
		}
	}
	s.batch = s.batch[:0]
	return nil
}

func (s *scan) object(k *schema.Kind, ns memkv.Frozen, o object) error {
	if k.Scoped && strings.Contains(o.scope, "/") {
		s.misplaced(ns, o)
		return nil
	}
	s.Define(o.id, 0)
	if s.Weigh && k.Resource == rules.ResourceContent {
		s.blobs.add(o)
	}
	if s.own != nil {
		if err := s.own(s, o); err != nil {
			return err
		}
	}
	s.labels(s.obeyed, o)
	return nil
}

// intern returns the ID of an object in the namespace being scanned.
func (s *scan) intern(t gc.ResourceType, scope, key string) gc.ID {
	return s.Intern(s.node(t, scope, key))
}

func (s *scan) node(t gc.ResourceType, scope, key string) gc.Node {
	if t == rules.ResourceSnapshot {
		key = s.scopedKey(scope, key)
	}
	return gc.Node{Type: t, Namespace: s.namespace, Key: key}
}

// scopedKey returns scope/key. It allocates memory for many keys at once.
func (s *scan) scopedKey(scope, key string) string {
	if n := len(scope) + 1 + len(key); n > cap(s.text)-len(s.text) {
		s.text = make([]byte, 0, max(n, 16<<10))
	}
	at := len(s.text)
	s.text = append(append(append(s.text, scope...), '/'), key...)
	added := s.text[at:] // later calls append, and leave these bytes
	return unsafe.String(unsafe.SliceData(added), len(added))
}

// countRecords returns an upper bound of the number of objects.
func countRecords(db memkv.Frozen) int {
	n, kinds := 0, schema.Kinds()
	v1, _ := db.Bucket(schema.KeyVersion1)
	for _, ns := range buckets(v1) {
		for i := range kinds {
			for _, records := range recordBuckets(&kinds[i], ns) {
				n += records.Len()
			}
		}
	}
	return n
}

// recordBuckets iterates over the buckets in a namespace that contain records of a kind, with their snapshotters, or ""
// for a kind that is not scoped.
func recordBuckets(k *schema.Kind, ns memkv.Frozen) iter.Seq2[string, memkv.Frozen] {
	records, ok := ns.BucketAt(k.Path...)
	if k.Scoped {
		return buckets(records)
	}
	return func(yield func(string, memkv.Frozen) bool) {
		if ok {
			yield("", records)
		}
	}
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
