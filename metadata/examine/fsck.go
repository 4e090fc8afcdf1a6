package examine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Fsck is the result of [Check].
type Fsck struct {
	Basis

	// Findings are sorted by severity, most severe first, then in the order of [Checks], then by node.
	Findings []Finding `json:"findings"`

	// Counts has the number of findings of each severity. It has every severity, with 0 if there are no findings.
	Counts map[Severity]int `json:"counts"`

	// ContentChecked says that the database was compared with a content store. SnapshottersChecked says that it was
	// compared with every snapshotter that it names.
	ContentChecked      bool `json:"contentChecked"`
	SnapshottersChecked bool `json:"snapshottersChecked"`

	// NotChecked lists the parts that were not looked at, with the reasons. No finding says anything about them.
	NotChecked []string `json:"notChecked,omitempty"`

	// Lost are the parts of the database that could not be read. The other findings are about the rest.
	Lost []LostPart `json:"lost,omitempty"`

	// Previous is the state before the last transaction, if the newest one is damaged.
	Previous *Previous `json:"previous,omitempty"`

	// OldRecords counts the records in unused pages of a damaged file. It is nil if they were not searched for.
	OldRecords *OldRecords `json:"oldRecords,omitempty"`

	// Images are the states of all images, by namespace and name.
	Images []Image `json:"images,omitempty"`
}

// Previous compares the state before the last transaction of a damaged file with what can be read of the newest one.
type Previous struct {
	Whole bool   `json:"whole"` // it can be read completely
	Fault string `json:"fault,omitempty"`

	// OnlyPrevious and OnlyNewest are the numbers of objects that only one of the two has.
	OnlyPrevious int `json:"onlyPrevious"`
	OnlyNewest   int `json:"onlyNewest"`
}

// ComparePrevious compares the previous state of a damaged file with the readable part of the newest one. err is the
// error of reading the previous state, nil if it is whole.
func ComparePrevious(newest, previous *memkv.DB, err error) *Previous {
	p := &Previous{Whole: err == nil}
	if err != nil {
		p.Fault = err.Error()
		return p
	}
	if d, err := Compare(previous, newest); err == nil {
		p.OnlyPrevious, p.OnlyNewest = len(d.Removed), len(d.Added)
	}
	return p
}

// A Finding is one fault of the database, or one fact worth knowing.
type Finding struct {
	Severity Severity `json:"severity"`
	Check    string   `json:"check"`  // one of [Checks]
	Node     string   `json:"node"`   // the object; without an object the path in the database, or the page of the file
	Detail   string   `json:"detail"` // the particulars, such as the name of the missing object
	Means    string   `json:"means"`  // the consequence
	Do       string   `json:"do"`     // the remedy

	// Commands are the remedy as shell commands, if it can be said in commands.
	Commands []string `json:"commands,omitempty"`
}

// A Severity grades a finding.
type Severity string

// The severities, most severe first.
const (
	// Error is the severity of faults that break something now or at the next collection.
	Error Severity = "error"
	// Warning is the severity of faults that waste space or can break something later.
	Warning Severity = "warning"
	// Info is the severity of usual facts that explain something.
	Info Severity = "info"
)

var severities = []Severity{Error, Warning, Info}

// Serious reports whether there is an error or a warning.
func (f *Fsck) Serious() bool { return f.Counts[Error]+f.Counts[Warning] > 0 }

// FsckOptions configure [Check].
type FsckOptions struct {
	Options

	// Pages is the report of boltfile.Check on the database file. nil skips the checks of the file.
	Pages *boltfile.Report

	// Blobs is the content store of the database. nil stands for the content store of Options.Disk. Without either, the
	// comparison with a content store is skipped.
	Blobs Blobs

	// Verify compares the content of every blob with its digest. Otherwise only manifests and configurations are
	// compared.
	Verify bool

	// Progress, if not nil, is called during Verify with the numbers of bytes that are verified, and of all bytes.
	Progress func(done, all int64)

	// Context ends Verify early. nil stands for [context.Background].
	Context context.Context

	// File and Root are the names of the database and of the node's root directory in the commands of findings. ""
	// stands for META.DB and ROOT.
	File, Root string
}

// Check examines a database, its file and its content store for faults. It does not migrate the database, and reads it
// as it is. If the database cannot be read, db is nil, and Check reports only the faults in Pages. It returns an error
// if it cannot read the database or the content store, and [ErrForeign] for a database that is not containerd's. Faults
// of the database are findings, not errors, also if all its records are lost.
func Check(db *memkv.DB, o FsckOptions) (*Fsck, error) {
	c := &checker{Fsck: &Fsck{Findings: []Finding{}, Counts: map[Severity]int{}},
		file: shellQuote(cmp.Or(o.File, "META.DB")), root: cmp.Or(o.Root, "ROOT")}
	c.Basis = Basis{Version: ShapeVersion, At: o.At.UTC()}
	c.Lost = o.Lost
	for _, s := range severities {
		c.Counts[s] = 0
	}
	if o.Pages != nil {
		c.pages(o.Pages)
	}
	if db != nil {
		if err := c.database(db, o); err != nil {
			return nil, err
		}
	}
	if len(o.Lost) > 0 {
		c.doubt()
	}
	slices.SortStableFunc(c.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
			cmp.Compare(checkIndex(checkName(a.Check)), checkIndex(checkName(b.Check))),
			strings.Compare(a.Node, b.Node),
			strings.Compare(a.Detail, b.Detail),
		)
	})
	c.Findings = slices.CompactFunc(c.Findings, func(a, b Finding) bool {
		return a.Check == b.Check && a.Node == b.Node && a.Detail == b.Detail
	})
	for _, f := range c.Findings {
		c.Counts[f.Severity]++
	}
	return c.Fsck, nil
}

// absenceChecks are the checks that find an object or a value missing. A lost record can be the reason.
var absenceChecks = []checkName{
	checkMissing, checkParentMissing, checkChildStale, checkImageBroken, checkImageNotUnpacked, checkTargetMissing, checkRootMissing,
	checkSandboxMissing, checkImageMissing, checkLeaseDangling, checkLabelDangling, checkBackReferenceDangling,
	checkReferenceUnlabelled, checkReferenceUnprotected, checkBlobOrphan, checkUploadOrphan, checkSnapshotOrphan,
}

// doubt replaces the remedy of findings that lost records can explain: it could delete what a salvage brings back.
func (c *checker) doubt() {
	for i := range c.Findings {
		f := &c.Findings[i]
		if !slices.Contains(absenceChecks, checkName(f.Check)) {
			continue
		}
		n, err := metadata.ParseNode(f.Node)
		if err != nil || slices.ContainsFunc(c.Lost, func(l LostPart) bool { return l.concerns(n.Namespace) }) {
			f.Do = "nothing yet: a lost record may be the reason; salvage the file first, then run fsck again"
			f.Commands = nil
		}
	}
}

// A checker collects the findings of one call of [Check].
type checker struct {
	*Fsck
	file    string       // the database, quoted for a shell
	root    string       // the directory of the node
	db      memkv.Frozen // not migrated
	objects []*record    // the records of db
	d       *Database    // nil if containerd does not start on the database
	reader  *imageReader // nil until the content store is opened
}

// records yields the records of one type, or all records if t is 0.
func (c *checker) records(t metadata.ResourceType) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for _, r := range c.objects {
			if (t == 0 || r.node.Type == t) && !yield(r) {
				return
			}
		}
	}
}

// find adds a finding of a check.
func (c *checker) find(check checkName, node, detail string) {
	c.findWith(check, node, detail, nil)
}

// findWith adds a finding of a check with the commands that remedy it.
func (c *checker) findWith(check checkName, node, detail string, commands []string) {
	k := checks[checkIndex(check)]
	c.Findings = append(c.Findings, Finding{k.severity, string(k.name), node, detail, k.means, k.do, commands})
}

// dropCommand returns the command that writes a database without an entry.
func dropCommand(file string, path []string) []string {
	return []string{fmt.Sprintf("holdfast salvage %s -o sound.db --drop %s", file, shellQuote(pathText(path)))}
}

// pages reports the faults of the file.
func (c *checker) pages(r *boltfile.Report) {
	for _, fault := range r.Faults {
		check := checkPage
		switch {
		case errors.Is(fault, boltfile.ErrFreelist):
			check = checkFreelist
		case fault.Page < 2: // one of the two meta pages; with both damaged the file cannot be read
			check = checkMeta
		}
		c.find(check, pageName(fault), fault.Detail)
	}
}

// database runs all checks except those of the file.
func (c *checker) database(db *memkv.DB, o FsckOptions) error {
	var err error
	if c.db, err = freeze(db); err != nil {
		return err
	}
	c.d, err = Open(db, o.Options)
	switch {
	case errors.Is(err, ErrNothingLeft):
		c.notChecked("records, content and snapshotters: all records are lost")
		return nil
	case errors.Is(err, ErrFails):
		c.find(checkStartup, "v1", err.Error())
	case err != nil:
		return err
	default:
		c.Basis = c.d.Basis()
	}
	c.objects = recordsOf(c.db)
	c.schema()
	c.snapshots()
	c.containers()
	c.leases()
	c.sizes()
	if c.d == nil {
		return nil
	}
	c.labels()
	if o.Blobs == nil && o.Disk != nil && o.Disk.Content != nil {
		o.Blobs = Dir(o.Disk.Content)
	}
	c.reader = &imageReader{db: c.db, blobs: o.Blobs}
	if o.Blobs == nil {
		c.notChecked(contentNotChecked(o.Disk))
	} else if c.reader.sizes, c.ContentChecked = c.content(o.Blobs); !c.ContentChecked {
		c.reader.blobs = nil
	} else if err := c.verify(c.reader, o); err != nil {
		return err
	}
	c.Images = c.reader.images(c.objects)
	c.references()
	c.images()
	if o.Disk == nil {
		c.notChecked("snapshotters: give the root directory of the node")
		return nil
	}
	before := len(c.NotChecked)
	c.disk(o.Disk, c.d.usage)
	c.SnapshottersChecked = len(c.NotChecked) == before
	return nil
}
