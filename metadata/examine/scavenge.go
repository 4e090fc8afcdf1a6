package examine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// Scavenged lists the records found in pages that the tree of a database file does not use. Each is possibly outdated,
// and most of them were deleted on purpose.
type Scavenged struct {
	Version  int `json:"version"`  // [ShapeVersion]
	Pages    int `json:"pages"`    // unreferenced pages that were searched
	Unplaced int `json:"unplaced"` // of these, pages in which no record was found

	// Records are records that the database lacks, sorted by node, then in the order of the search: records of the
	// other meta page's transaction first, then by page. Versions with equal content are listed once.
	Records []OldRecord `json:"records"`

	// Older are other versions of records that the database has, in the same order.
	Older []OldRecord `json:"older"`

	// Nameless is the number of records by kind of which no page has the name.
	Nameless map[string]int `json:"nameless,omitempty"`

	// Ambiguous are pages whose records have the shape of several kinds, so that their place is not known. They cannot
	// be taken.
	Ambiguous []AmbiguousPage `json:"ambiguous,omitempty"`

	Omitted int  `json:"omitted,omitempty"` // further records, beyond the first 100,000
	Stopped bool `json:"stopped,omitempty"` // the search ended early: the file is built to make it long
}

// An OldRecord is a record in an unreferenced page.
type OldRecord struct {
	// Node is the record's node, with "?" for a namespace or snapshotter that no page tells. The kind is then inferred
	// from the shape of the record.
	Node string `json:"node"`

	Page uint64 `json:"page"` // the page with the record's name

	// Path tells how the node is known.
	Path PathBasis `json:"path"`

	// Root is the old root page that refers to the record, or the topmost old page if no root does.
	Root uint64 `json:"root"`

	// Transaction is the number of the transaction that still had the record, or 0 if it is not known.
	Transaction uint64 `json:"transaction,omitempty"`

	Partial bool `json:"partial,omitempty"` // a part of the record has been overwritten

	path    []string // "" for unknown names
	content memkv.Frozen
}

// An AmbiguousPage is an unused page whose records may be of several kinds.
type AmbiguousPage struct {
	Page  uint64   `json:"page"`
	Nodes []string `json:"nodes"` // of the records, one for each kind that fits, sorted
}

// A PathBasis tells how the place of an old record is known.
type PathBasis string

// The bases of a record's place.
const (
	// PathFromMeta is certain: the other meta page leads to the record.
	PathFromMeta PathBasis = "meta"

	// PathFromRoot is inferred: an old root page leads to the record. The pages in between may be of different
	// transactions.
	PathFromRoot PathBasis = "root"

	// PathFromShape is inferred from the shape of records and of the pages around them.
	PathFromShape PathBasis = "shape"
)

// unknownName stands for a name that is not known, in nodes.
const unknownName = "?"

// NewScavenge returns a search for the records of containerd, to be passed to [boltfile.WithScavenge]. The sandboxes of
// containerd 1.7, whose paths begin with the name of a namespace, are found where an old root page leads to them.
func NewScavenge() *boltfile.Scavenge {
	return &boltfile.Scavenge{Units: append(recordPaths(), []string{"", schema.KeySandboxes, ""}), Fits: isRecord}
}

// recordPaths returns the paths of records by kind, with "" for the names that differ.
func recordPaths() (paths [][]string) {
	for _, kind := range Kinds() {
		// A snapshot has a snapshotter, so its key needs a slash. It is part of the name of other kinds.
		n, err := metadata.ParseNode(kind + "/" + unknownName + "/" + unknownName + "/" + unknownName)
		if err != nil {
			panic(err) // Kinds has a kind of no record
		}
		path := schema.RecordPath(n)
		for i, name := range path {
			if strings.HasPrefix(name, unknownName) {
				path[i] = ""
			}
		}
		paths = append(paths, path)
	}
	return paths
}

// isRecord reports whether content is a complete record of the kind that path says, with well-formed values.
func isRecord(path []string, content memkv.Frozen) bool {
	known := path[len(path)-1] != ""
	record := false
	for e := range schema.Entries(placed(path, content)) {
		if e.Node.Type == 0 {
			continue
		}
		record = true
		if _, err := e.Decode(); e.Err != nil || err != nil {
			return false
		}
		if e.Node.Type == metadata.ResourceContent && known && digest.Digest(e.Node.Key).Validate() != nil {
			return false
		}
	}
	return record
}

// placed returns a database that has only content, at path.
func placed(path []string, content memkv.Frozen) (frozen memkv.Frozen) {
	_ = memkv.New().Update(func(tx *memkv.Tx) error {
		defer func() { frozen = tx.Freeze() }()
		named := slices.Clone(path)
		for i, name := range named {
			if name == "" {
				named[i] = unknownName
			}
		}
		return putRecord(tx, named, content)
	})
	return frozen
}

// putRecord stores a record at path, with the buckets that lead to it.
func putRecord(tx *memkv.Tx, path []string, content memkv.Frozen) error {
	b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
	for _, name := range path[1 : len(path)-1] {
		if err != nil {
			return err
		}
		b, err = b.CreateBucketIfNotExists([]byte(name))
	}
	if err != nil {
		return err
	}
	return b.PutBucket([]byte(path[len(path)-1]), content)
}

// DescribeScavenge compares the result of a search with the database of the file.
func DescribeScavenge(db *memkv.DB, found *boltfile.Scavenge) (*Scavenged, error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	s := &Scavenged{Version: ShapeVersion, Pages: found.Pages, Unplaced: found.Unplaced, Records: []OldRecord{}, Older: []OldRecord{},
		Nameless: map[string]int{}, Omitted: found.Omitted, Stopped: found.Stopped}
	p := newPresence(frozen)
	for i := range found.Remnants {
		r := newOldRecord(&found.Remnants[i])
		hash, has := p.records[r.Node]
		switch {
		case has && hash == r.content.Hash() || p.repeated(&r):
		case has:
			s.Older = append(s.Older, r)
		case slices.Contains(r.path, "") && p.similar(&r):
			// It may be a version of a record that the database has.
		case r.path[len(r.path)-1] == "":
			s.Nameless[r.kind()]++
		default:
			s.Records = append(s.Records, r)
		}
	}
	for _, a := range found.Ambiguous {
		page := AmbiguousPage{Page: a.Page}
		for _, path := range a.Paths {
			if node := nodeAt(path); node != "" && !slices.Contains(page.Nodes, node) {
				page.Nodes = append(page.Nodes, node)
			}
		}
		slices.Sort(page.Nodes)
		s.Ambiguous = append(s.Ambiguous, page)
	}
	byNode := func(a, b OldRecord) int { return strings.Compare(a.Node, b.Node) }
	slices.SortStableFunc(s.Records, byNode)
	slices.SortStableFunc(s.Older, byNode)
	return s, nil
}

// OldRecords counts the old records that a search in a damaged file has found ([Scavenged]).
type OldRecords struct {
	Pages   int `json:"pages"`   // unused pages that were searched
	Records int `json:"records"` // records that the database lacks, those without a name too

	// Lost are the nodes of records that lie in the lost parts, sorted: the first 20 of LostCount.
	Lost      []string `json:"lost"`
	LostCount int      `json:"lostCount"`
}

const oldRecordsMax = 20

// MayLose reports whether the faults of a file may make records unreadable. Faults of the freelist do not.
func MayLose(faults []*boltfile.Fault) bool {
	return slices.ContainsFunc(faults, func(f *boltfile.Fault) bool { return !errors.Is(f, boltfile.ErrFreelist) })
}

// CountOldRecords counts the records that a search in a damaged file has found. db is the readable rest of the file,
// and losses the parts that it lacks.
func CountOldRecords(db *memkv.DB, losses *boltfile.Salvage, found *boltfile.Scavenge) (*OldRecords, error) {
	s, err := DescribeScavenge(db, found)
	if err != nil {
		return nil, err
	}
	old := &OldRecords{Pages: s.Pages, Records: len(s.Records) + s.Omitted, Lost: []string{}}
	for _, n := range s.Nameless {
		old.Records += n
	}
	// A record that is lost in part is still there.
	for _, r := range slices.Concat(s.Records, s.Older) {
		if !slices.Contains(r.path, "") && slices.ContainsFunc(losses.Losses, func(l boltfile.Loss) bool { return lies(r.path, &l) }) {
			old.Lost = append(old.Lost, r.Node)
		}
	}
	slices.Sort(old.Lost)
	old.Lost = slices.Compact(old.Lost)
	old.LostCount = len(old.Lost)
	old.Lost = old.Lost[:min(len(old.Lost), oldRecordsMax)]
	return old, nil
}

// lies reports whether a record lies in a lost part, or has one.
func lies(path []string, l *boltfile.Loss) bool {
	common := min(len(path), len(l.Bucket))
	if !slices.Equal(path[:common], l.Bucket[:common]) {
		return false
	}
	if len(l.Bucket) >= len(path) {
		return true
	}
	key := path[len(l.Bucket)]
	return (l.Low == nil || key >= string(l.Low)) && (l.High == nil || key < string(l.High))
}

func newOldRecord(r *boltfile.Remnant) OldRecord {
	old := OldRecord{Page: r.Page, Path: PathFromRoot, Root: r.Root, Transaction: r.TxID, Partial: r.Partial, path: r.Path, content: r.Content}
	switch {
	case r.TxID != 0:
		old.Path = PathFromMeta
	case slices.Contains(r.Path, ""):
		old.Path = PathFromShape
	}
	old.Node = nodeAt(r.Path)
	return old
}

// nodeAt returns the node of the record at a path, with "?" for names that are not known.
func nodeAt(path []string) (node string) {
	for e := range schema.Entries(placed(path, memkv.Frozen{})) {
		if e.Node.Type != 0 && e.Field == "" {
			node = metadata.NodeName(e.Node)
		}
	}
	return node
}

func (r *OldRecord) kind() string {
	kind, _, _ := strings.Cut(r.Node, "/")
	return kind
}

// An identity is a property that versions of one record share, or that no two records share.
type identity struct {
	kind, name, created string
	content             memkv.Hash
}

// A presence is the set of records in the database and of those that the search has found so far.
type presence struct {
	records map[string]memkv.Hash // contents by node
	alike   map[identity]bool
	found   map[identity]bool
}

func newPresence(db memkv.Frozen) *presence {
	p := &presence{records: map[string]memkv.Hash{}, alike: map[identity]bool{}, found: map[identity]bool{}}
	for _, r := range recordsOf(db) {
		p.records[r.name()] = r.Hash()
		kind := metadata.KindName(r.node.Type)
		p.alike[identity{kind: kind, name: r.path[len(r.path)-1]}] = true
		if created := r.text("createdat"); created != "" {
			p.alike[identity{kind: kind, created: created}] = true
		}
	}
	return p
}

// similar reports whether the database has a record of which r may be another version: one of the same kind and name,
// or of the same kind and time of creation.
func (p *presence) similar(r *OldRecord) bool {
	created := string(r.content.Get("createdat"))
	return p.alike[identity{kind: r.kind(), name: r.path[len(r.path)-1]}] ||
		created != "" && p.alike[identity{kind: r.kind(), created: created}]
}

// repeated reports whether the same record was found before. A record with unknown names is the same as one of the same
// kind, name and content.
func (p *presence) repeated(r *OldRecord) bool {
	full := identity{kind: r.kind(), name: r.Node, content: r.content.Hash()}
	short := identity{kind: r.kind(), name: "/" + r.path[len(r.path)-1], content: full.content}
	seen := p.found[full] || slices.Contains(r.path, "") && p.found[short]
	p.found[full], p.found[short] = true, true
	return seen
}

// Take stores old records in db, the database that s describes. Each name is a node, or NODE@PAGE if several versions
// of the record were found. For a record of unknown namespace or snapshotter the node names the one to put it into. A
// record that db has is replaced only if replace is set. Take links a snapshot with its parent, and removes references
// to children that do not exist.
//
// It returns the nodes taken. An error says which name cannot be taken, and why; db is then unchanged.
func (s *Scavenged) Take(db *memkv.DB, names []string, replace bool) (taken []string, err error) {
	err = db.Update(func(tx *memkv.Tx) error {
		for _, name := range names {
			r, node, err := s.choose(name)
			if err != nil {
				return fmt.Errorf("take %s: %w", name, err)
			}
			path := placeOf(tx, node)
			switch {
			case r.Partial:
				return fmt.Errorf("take %s: a part of the record in page %d has been overwritten", name, r.Page)
			case !replace && tx.BucketAt(path...) != nil:
				return fmt.Errorf("take %s: the database has this record; a possibly outdated one replaces it only with --replace", name)
			}
			if err := putRecord(tx, path, r.content); err != nil {
				return fmt.Errorf("take %s: %w", name, err)
			}
			if !slices.Contains(taken, metadata.NodeName(node)) {
				taken = append(taken, metadata.NodeName(node))
			}
		}
		for _, name := range taken {
			if err := linkSnapshot(tx, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(taken)
	return taken, nil
}

// placeOf returns the path of a record in a database: that of a sandbox depends on the schema.
func placeOf(tx *memkv.Tx, n gc.Node) []string {
	if version, _ := schema.VersionOf(tx); metadata.KindName(n.Type) == "sandbox" && version < sandboxesMoved {
		return []string{n.Namespace, schema.KeySandboxes, n.Key}
	}
	return schema.RecordPath(n)
}

// choose returns the old record for a name, and the node that it becomes.
func (s *Scavenged) choose(name string) (*OldRecord, gc.Node, error) {
	versions := s.versions(name)
	node := name
	if i := strings.LastIndexByte(name, '@'); len(versions) == 0 && i > 0 {
		if page, err := strconv.ParseUint(name[i+1:], 10, 64); err == nil {
			node = name[:i]
			versions = slices.DeleteFunc(s.versions(node), func(r *OldRecord) bool { return r.Page != page })
		}
	}
	n, err := metadata.ParseNode(node)
	switch {
	case err != nil:
		return nil, n, err
	case slices.Contains(strings.Split(node, "/"), unknownName) && len(versions) > 0:
		return nil, n, fmt.Errorf("the place of the record is not known: write the namespace or snapshotter to put it into, in place of %q", unknownName)
	case len(versions) == 0:
		return nil, n, fmt.Errorf("no unreferenced page has it")
	case len(versions) > 1:
		var pages []string
		for _, r := range versions {
			pages = append(pages, "@"+strconv.FormatUint(r.Page, 10))
		}
		return nil, n, fmt.Errorf("there are %d versions: add one of %s", len(versions), strings.Join(pages, ", "))
	}
	return versions[0], n, nil
}

// versions returns the old records of a node. If there are none, it returns those of the same kind and name whose place
// is not known.
func (s *Scavenged) versions(node string) (list []*OldRecord) {
	all := slices.Concat(s.Records, s.Older)
	for i := range all {
		if all[i].Node == node {
			list = append(list, &all[i])
		}
	}
	n, err := metadata.ParseNode(node)
	if len(list) > 0 || err != nil {
		return list
	}
	path := schema.RecordPath(n)
	for i := range all {
		r := &all[i]
		if slices.Contains(r.path, "") && slices.EqualFunc(r.path, path, func(a, b string) bool { return a == "" || a == b }) {
			list = append(list, r)
		}
	}
	return list
}

// linkSnapshot makes the bucket "children" of a snapshot and that of its parent agree with the snapshots that exist.
func linkSnapshot(tx *memkv.Tx, name string) error {
	n, err := metadata.ParseNode(name)
	if err != nil || n.Type != metadata.ResourceSnapshot {
		return err
	}
	path := schema.RecordPath(n)
	key, all := path[len(path)-1], tx.BucketAt(path[:len(path)-1]...)
	var gone [][]byte
	if children := tx.BucketAt(append(path, "children")...); children != nil {
		for child := range children.Freeze().All() {
			if record := all.Bucket([]byte(child)); record == nil || string(record.Get([]byte("parent"))) != key {
				gone = append(gone, []byte(child))
			}
		}
		for _, child := range gone {
			if err := children.Delete(child); err != nil {
				return err
			}
		}
	}
	for other, e := range all.Freeze().All() {
		if e.IsBucket() && e.Bucket().Get("parent") != nil && string(e.Bucket().Get("parent")) == key {
			if err := addChild(all.Bucket([]byte(key)), other); err != nil {
				return err
			}
		}
	}
	if parent := all.Bucket([]byte(key)).Get([]byte("parent")); len(parent) > 0 && all.Bucket(parent) != nil {
		return addChild(all.Bucket(parent), key)
	}
	return nil
}

func addChild(snapshot *memkv.Bucket, key string) error {
	children, err := snapshot.CreateBucketIfNotExists([]byte("children"))
	if err != nil {
		return err
	}
	return children.Put([]byte(key), nil)
}
