package examine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// ErrForeign is returned by [Open] and [Check] for a database that is not a metadata database of containerd.
var ErrForeign = errors.New(`no bucket "v1": not a metadata database of containerd`)

// ErrFails is the class of errors that containerd itself would have: it would not start on the database, or its
// collection would fail and remove nothing. Test for it with [errors.Is].
var ErrFails = errors.New("containerd fails on this database")

// Options configure the examination of a database.
type Options struct {
	// At is the time of the assumed collection. Leases, images and ingests that expire before At are expired.
	At time.Time

	// Containerd is the version that makes the rules. 0 stands for the newest version that writes databases of the
	// schema.
	Containerd metadata.Version

	// Usage supplies the sizes of snapshots, which the database does not record. nil leaves all of them unknown.
	Usage *Usage

	// Disk is the root directory of the node. Its snapshotters know the sizes of committed snapshots, which count where
	// Usage has none. It may be nil.
	Disk *nodedir.Dir

	// Lost are the parts of the database that could not be read. Every answer notes them, and calls no object garbage
	// in a namespace that may lack records; figures that depend on the lost records are -1. [Database.Plan] and
	// [Database.Collect] fail with [ErrLost] if no other namespace is left. AcceptLost lifts all that.
	Lost       []LostPart
	AcceptLost bool
}

// A Database is an immutable view of a metadata database, as one version of containerd sees it at one time. Later
// changes of the memkv.DB do not affect it. It is safe for concurrent use.
type Database struct {
	basis    Basis
	version  metadata.Version
	options  Options
	others   []metadata.Version  // also write the schema; empty unless the version is assumed
	db       *memkv.DB           // a fork, migrated
	frozen   memkv.Frozen        // the content of db
	withheld map[string]LostPart // the namespaces that may lack records, with the first such part
	usage    *Usage              // from the options and the disk; nil if there is neither

	graph      func() (*gc.Graph, error)
	dominators func() (*gc.DominatorTree, error)
}

// Open takes a snapshot of db. If the version has a newer schema than db, Open migrates the snapshot, as a daemon does
// at startup. db itself does not change.
//
// It returns [ErrForeign] for a database that is not containerd's, [ErrNothingLeft] if all its records are lost, and an
// error of class [ErrFails] if the migration fails.
func Open(db *memkv.DB, o Options) (*Database, error) {
	d := &Database{options: o, db: db.Fork(), usage: o.Usage}
	if o.Disk != nil {
		d.usage = NewUsage()
		if o.Usage != nil {
			maps.Copy(d.usage.sizes, o.Usage.sizes)
		}
		d.usage.AddDisk(o.Disk)
	}
	if err := d.choose(); errors.Is(err, ErrForeign) && hidesAll(o.Lost) {
		return nil, nothingLeft(o.Lost)
	} else if err != nil {
		return nil, err
	}
	err := d.db.Update(func(tx *memkv.Tx) error {
		_, err := metadata.Migrate(tx, d.version.Schema())
		d.frozen = tx.Freeze()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %s would not start: %w", ErrFails, d.version, err)
	}
	if d.basis.Schema < d.version.Schema() {
		d.basis.MigratedTo = d.version.Schema()
	}
	d.noteLost()
	d.withhold()
	d.graph = sync.OnceValues(func() (*gc.Graph, error) {
		g, err := graph.Build(d.frozen, d.graphOptions(d.version, true))
		if err != nil {
			return nil, d.failure(err)
		}
		return g, nil
	})
	d.dominators = sync.OnceValues(func() (*gc.DominatorTree, error) {
		g, err := d.graph()
		if err != nil {
			return nil, err
		}
		return gc.Dominators(g), nil
	})
	return d, nil
}

// choose sets the version and the basis.
func (d *Database) choose() error {
	var stored int
	err := d.db.View(func(tx *memkv.Tx) error {
		if err := Identify(tx.Freeze()); err != nil {
			return err
		}
		stored, _ = schema.VersionOf(tx)
		return nil
	})
	if err != nil {
		return err
	}
	d.version = d.options.Containerd
	if d.version == 0 {
		candidates := candidates(stored)
		d.version = candidates[len(candidates)-1]
		d.others = candidates[:len(candidates)-1]
	}
	d.basis = Basis{
		Version:    ShapeVersion,
		At:         d.options.At.UTC(),
		Containerd: d.version.String(),
		Assumed:    d.options.Containerd == 0,
		Schema:     stored,
	}
	switch newest := metadata.Newest.Schema(); {
	case stored > newest:
		d.basis.note("the database has schema %d, which is newer than any schema known to holdfast; it is read as schema %d", stored, newest)
	case stored > d.version.Schema():
		d.basis.note("the database has schema %d; containerd %s writes schema %d and opens the database without a migration",
			stored, d.version, d.version.Schema())
	}
	return nil
}

// candidates returns the versions that write databases of a schema, oldest first. If no version does, it returns the
// versions of the next higher schema, or of the newest schema.
func candidates(schema int) []metadata.Version {
	for s := max(schema, 0); s < metadata.Newest.Schema(); s++ {
		if versions := metadata.VersionsOf(s); len(versions) > 0 {
			return versions
		}
	}
	return metadata.VersionsOf(metadata.Newest.Schema())
}

// Basis returns the basis of every answer about the database. The caller owns it.
func (d *Database) Basis() Basis {
	b := d.basis
	b.Notes = slices.Clone(b.Notes)
	return b
}

func (d *Database) graphOptions(v metadata.Version, explain bool) graph.Options {
	o := graph.Options{Version: v, Now: d.options.At, Explain: explain, Weigh: true}
	if d.usage != nil {
		o.Usage = d.snapshotSize
	}
	return o
}

// failure wraps the error of a collection.
func (d *Database) failure(err error) error {
	return fmt.Errorf("%w: a collection by %s fails and removes nothing: %w", ErrFails, d.version, err)
}
