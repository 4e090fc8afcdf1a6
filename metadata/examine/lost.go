package examine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// ErrLost is returned where an answer could call an object garbage whose holder may be among lost records.
var ErrLost = errors.New("records are lost, and one of them may keep any object of its namespace")

// ErrNothingLeft is returned for a damaged file in which the bucket of all records cannot be read.
var ErrNothingLeft = errors.New("all records are lost")

// hidesAll reports whether the bucket v1 is lost.
func hidesAll(lost []LostPart) bool {
	return slices.ContainsFunc(lost, func(l LostPart) bool { return l.Bucket == "" && l.mayHave("v1") })
}

func nothingLeft(lost []LostPart) error {
	return fmt.Errorf("%w: %s; --previous reads the state before the last transaction, holdfast salvage --scavenge lists the records of unused pages",
		ErrNothingLeft, lost[0])
}

// A LostPart is a range of keys of a bucket that could not be read from a damaged file.
type LostPart struct {
	Bucket string `json:"bucket"` // path of the bucket; "" for the whole database
	Page   uint64 `json:"page"`

	// From and To bound the keys of the bucket that may be lost: From <= key < To. "" is no bound.
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Detail string `json:"detail"` // the fault

	// More is the number of further losses, which may be anywhere in the database. The other fields are then empty.
	More int `json:"more,omitempty"`
}

// LostParts returns the losses of a salvaged file. A last element with More stands for those that the Salvage omits.
func LostParts(s *boltfile.Salvage) []LostPart {
	list := knownLosses(s)
	if s.Omitted > 0 {
		list = append(list, LostPart{Detail: "the list of losses is full", More: s.Omitted})
	}
	return list
}

func knownLosses(s *boltfile.Salvage) (list []LostPart) {
	for _, l := range s.Losses {
		list = append(list, LostPart{pathText(l.Bucket), l.Page, nameText(string(l.Low)), nameText(string(l.High)), l.Detail, 0})
	}
	return list
}

// String returns the part in one line.
func (l LostPart) String() string {
	bucket := l.Bucket
	if bucket == "" {
		bucket = "the whole database"
	}
	switch {
	case l.More > 0:
		return fmt.Sprintf("%d more parts, anywhere in the database", l.More)
	case l.From != "" && l.To != "":
		return fmt.Sprintf("%s, from %q to before %q (page %d)", bucket, l.From, l.To, l.Page)
	case l.From != "":
		return fmt.Sprintf("%s, from %q on (page %d)", bucket, l.From, l.Page)
	case l.To != "":
		return fmt.Sprintf("%s, before %q (page %d)", bucket, l.To, l.Page)
	}
	return fmt.Sprintf("%s, all of it (page %d)", bucket, l.Page)
}

// noteLost adds a note for each bucket that lacks records.
func (d *Database) noteLost() {
	for i, l := range d.options.Lost {
		if i == notedLosses {
			d.basis.note("%d more parts of the database are lost", len(d.options.Lost)-i)
			return
		}
		d.basis.note("lost: %s", l)
	}
}

// notedLosses limits the losses in the notes of an answer.
const notedLosses = 10

// concerns reports whether the lost part may have records of a namespace. The labels of a namespace keep nothing.
func (l LostPart) concerns(namespace string) bool {
	at := strings.SplitN(l.Bucket, "/", 4)
	switch {
	case l.Bucket == "":
		return l.mayHave("v1")
	case at[0] != "v1":
		return false
	case len(at) == 1:
		return l.mayHave(namespace)
	case at[1] != namespace:
		return false
	case len(at) == 2:
		return slices.ContainsFunc(recordPaths(), func(path []string) bool { return l.mayHave(path[2]) })
	}
	return at[2] != "labels"
}

// hidesBlobs reports whether the lost part may have records of blobs.
func (l LostPart) hidesBlobs() bool {
	at := strings.SplitN(l.Bucket, "/", 4)
	switch {
	case l.Bucket == "":
		return l.mayHave("v1")
	case len(at) == 1:
		return at[0] == "v1"
	case len(at) == 2:
		return at[0] == "v1" && l.mayHave("content")
	}
	return at[0] == "v1" && at[2] == "content"
}

// mayHave reports whether a key lies in the range of lost keys. A bound that is quoted cannot be compared.
func (l LostPart) mayHave(key string) bool {
	quoted := func(bound string) bool { return strings.HasPrefix(bound, `"`) }
	return (quoted(l.From) || l.From <= key) && (l.To == "" || quoted(l.To) || key < l.To)
}

// refuseLost returns an error of class [ErrLost] if every namespace may lack a record that keeps something.
func (d *Database) refuseLost() error {
	if d.options.AcceptLost {
		return nil
	}
	v1, _ := d.frozen.Bucket("v1")
	for namespace, e := range v1.All() {
		if _, ok := d.withheld[namespace]; !ok && e.IsBucket() {
			return nil
		}
	}
	for _, l := range d.options.Lost {
		at := strings.SplitN(l.Bucket, "/", 3)
		if l.hidesBlobs() || at[0] == "v1" && (len(at) == 1 || l.concerns(at[1])) {
			return fmt.Errorf("%w: %s; accept that to plan nevertheless (--force)", ErrLost, l)
		}
	}
	return nil
}

// Salvaged describes the result of a salvage.
type Salvaged struct {
	Version int `json:"version"` // [ShapeVersion]
	Objects int `json:"objects"` // in the result

	// LostNodes are the objects of which nothing could be read. They are not in the result.
	LostNodes []string `json:"lostNodes"`

	// Lost are the first losses, OmittedLosses the number of further ones.
	Lost          []LostPart `json:"lost"`
	OmittedLosses int        `json:"omittedLosses,omitempty"`

	// MetaFaults are the faults of the meta pages, and the end of a file that is too short. The last transaction may be
	// lost: a damaged meta page does not tell whether it was the newest.
	MetaFaults []string `json:"metaFaults,omitempty"`

	// Scavenged are the records of unreferenced pages, of which Taken are in the result. Scavenged is nil if they were
	// not searched for.
	Scavenged *Scavenged `json:"scavenged,omitempty"`
	Taken     []string   `json:"taken,omitempty"`

	// Dropped are the paths of the entries that the result lacks on request.
	Dropped []string `json:"dropped,omitempty"`

	// Snapshotter is true for the metadata.db of a snapshotter. Objects is then the number of its snapshots.
	Snapshotter bool `json:"snapshotter,omitempty"`

	// Orphans compares the result with the disk. It is nil if the disk was not looked at.
	Orphans *SalvageOrphans `json:"orphans,omitempty"`
}

// Complete reports whether it is certain that nothing is lost.
func (s *Salvaged) Complete() bool { return len(s.Lost)+s.OmittedLosses+len(s.MetaFaults) == 0 }

// SalvageOptions configure [DescribeSalvage].
type SalvageOptions struct {
	Losses *boltfile.Salvage // of the file; nil if it was read completely
	Disk   *nodedir.Dir      // the node; nil if it is not at hand

	// Scavenge is the result of the search for old records, or nil. Take are the old records to store in the database,
	// and Replace allows that they replace records: see [Scavenged.Take].
	Scavenge *boltfile.Scavenge
	Take     []string
	Replace  bool

	// Drop are entries that are deleted: paths as findings and [Inspect] have them, or nodes. In the database of a
	// snapshotter, the descendants of a snapshot are deleted with it.
	Drop []string
}

// DescribeSalvage completes a database that was read from a damaged file, and describes the result: it drops the lost
// records ([DropLostRecords]), takes old ones, and deletes the entries in Drop. The database is containerd's or a
// snapshotter's. It fails with [ErrForeign] for any other, with [ErrNothingLeft] if no record can be read and Scavenge
// is nil, and if an old record or an entry cannot be found.
func DescribeSalvage(db *memkv.DB, o SalvageOptions) (*Salvaged, error) {
	s := &Salvaged{Version: ShapeVersion, Lost: []LostPart{}, LostNodes: []string{}}
	if o.Losses != nil {
		s.Lost, s.OmittedLosses = append(s.Lost, knownLosses(o.Losses)...), o.Losses.Omitted
		for _, fault := range o.Losses.Faults {
			s.MetaFaults = append(s.MetaFaults, fault.Error())
		}
		lost, err := DropLostRecords(db, o.Losses)
		if err != nil {
			return nil, err
		}
		s.LostNodes = append(s.LostNodes, lost...)
	}
	if o.Scavenge != nil {
		var err error
		if s.Scavenged, err = DescribeScavenge(db, o.Scavenge); err != nil {
			return nil, err
		}
		if s.Taken, err = s.Scavenged.Take(db, o.Take, o.Replace); err != nil {
			return nil, err
		}
	}
	var err error
	if s.Dropped, err = drop(db, o.Drop); err != nil {
		return nil, err
	}
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	if snapshots, err := storage.Read(frozen); err == nil {
		s.Snapshotter, s.Objects = true, snapshots.Len()
		return s, nil
	}
	if err := Identify(frozen); err != nil {
		switch hidden := hidesAll(s.Lost); {
		case !hidden:
			return nil, err
		case o.Scavenge == nil:
			return nil, nothingLeft(s.Lost)
		}
	}
	records := recordsOf(frozen)
	s.Objects = len(records)
	if o.Disk != nil {
		s.Orphans, err = compareDisk(frozen, records, o.Disk)
	}
	return s, err
}

// DropLostRecords deletes the records of which nothing could be read, and returns their nodes, sorted. An empty record
// would be an object that containerd takes for present.
func DropLostRecords(db *memkv.DB, losses *boltfile.Salvage) (nodes []string, err error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	records := map[string]*record{}
	for _, r := range recordsOf(frozen) {
		records[strings.Join(r.path, "\x00")] = r
	}
	err = db.Update(func(tx *memkv.Tx) error {
		for _, l := range losses.Losses {
			r := records[strings.Join(l.Bucket, "\x00")]
			if r == nil || !l.Whole() {
				continue
			}
			parent := tx.BucketAt(r.path[:len(r.path)-1]...)
			if parent == nil || parent.Bucket([]byte(r.path[len(r.path)-1])) == nil {
				continue
			}
			if err := parent.DeleteBucket([]byte(r.path[len(r.path)-1])); err != nil {
				return err
			}
			nodes = append(nodes, r.name())
		}
		return nil
	})
	slices.Sort(nodes)
	return nodes, err
}
