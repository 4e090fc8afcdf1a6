package examine

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Fsck is what is wrong with a database.
type Fsck struct {
	Basis

	// Findings are the most severe first, then in the order of Checks, then by node.
	Findings []Finding `json:"findings"`

	// Counts are the numbers of findings by severity, with 0 for none.
	Counts map[Severity]int `json:"counts"`

	// ContentChecked says that the database was held against a content store.
	ContentChecked bool `json:"contentChecked"`
}

// A Finding is one thing that is wrong, or worth knowing.
type Finding struct {
	Severity Severity `json:"severity"`
	Check    string   `json:"check"` // which check found it
	Node     string   `json:"node"`  // the object; otherwise the path in the database, or the page of the file
	Detail   string   `json:"detail"`
	Means    string   `json:"means"` // what follows from it
	Do       string   `json:"do"`    // what to do about it
}

// A Severity says how bad a finding is.
type Severity string

const (
	// Error is for what is broken, or breaks at the next collection.
	Error Severity = "error"
	// Warning is for what will cause trouble or wastes space.
	Warning Severity = "warning"
	// Info is for what is usual, but explains something.
	Info Severity = "info"
)

var severities = []Severity{Error, Warning, Info}

// Serious reports whether there is an error or a warning.
func (f *Fsck) Serious() bool { return f.Counts[Error]+f.Counts[Warning] > 0 }

// FsckOptions say how a database is to be checked.
type FsckOptions struct {
	Options

	// Pages is what boltfile.Check said of the file; nil if there is no file.
	Pages *boltfile.Report

	// Blobs is the content store that belongs to the database; nil if it is not to be looked at.
	Blobs Blobs
}

// Check looks for what is wrong with a database as it is found, with its file and with its content store. A db of nil
// stands for one that cannot be read; then only pages are judged. An error means that the database or the content store could
// not be looked at.
func Check(db *memkv.DB, o FsckOptions) (*Fsck, error) {
	c := &checker{Fsck: &Fsck{Findings: []Finding{}, Counts: map[Severity]int{}}}
	c.Basis = Basis{Version: ShapeVersion, At: o.At.UTC()}
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
	slices.SortStableFunc(c.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
			cmp.Compare(checkIndex(a.Check), checkIndex(b.Check)),
			strings.Compare(a.Node, b.Node),
			strings.Compare(a.Detail, b.Detail),
		)
	})
	c.Findings = slices.Compact(c.Findings)
	for _, f := range c.Findings {
		c.Counts[f.Severity]++
	}
	return c.Fsck, nil
}

// A checker gathers findings.
type checker struct {
	*Fsck
	db      memkv.Frozen // as it is found
	objects []*record    // in it
	d       *Database    // as the daemon sees it; nil if no daemon starts on it
}

// records yields the objects of one type, or all of them for 0.
func (c *checker) records(t metadata.ResourceType) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for _, r := range c.objects {
			if (t == 0 || r.node.Type == t) && !yield(r) {
				return
			}
		}
	}
}

// find adds a finding of one of the checks.
func (c *checker) find(check, node, detail string) {
	k := checks[checkIndex(check)]
	c.Findings = append(c.Findings, Finding{k.severity, k.name, node, detail, k.means, k.do})
}

func (c *checker) pages(r *boltfile.Report) {
	for _, fault := range r.Faults {
		check := "page"
		switch {
		case errors.Is(fault, boltfile.ErrFreelist):
			check = "freelist"
		case fault.Page < 2: // the file could not be read if both were broken
			check = "meta"
		}
		c.find(check, pageName(fault), fault.Detail)
	}
}

func (c *checker) database(db *memkv.DB, o FsckOptions) error {
	var err error
	if c.db, err = freeze(db); err != nil {
		return err
	}
	c.d, err = Open(db, o.Options)
	switch {
	case errors.Is(err, ErrFails):
		c.find("startup", "v1", err.Error())
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
	c.references()
	if o.Blobs == nil {
		return nil
	}
	c.ContentChecked = true
	return c.content(o.Blobs)
}
