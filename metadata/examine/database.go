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
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

// ErrForeign means that a database is not one of containerd's.
var ErrForeign = errors.New(`no bucket "v1": not a metadata database of containerd`)

// ErrFails is the class of errors that say that containerd itself would fail on the database: it would not start, or
// its collection would end with an error and remove nothing.
var ErrFails = errors.New("containerd fails on this database")

// Options say how a database is to be examined.
type Options struct {
	// At is the time of the collection: what expires, expires by then.
	At time.Time

	// Containerd is the version of containerd whose rules count. With 0 it is the newest that writes
	// databases of the schema.
	Containerd metadata.Version

	// Usage has the sizes of snapshots, which the database does not know. It may be nil.
	Usage *Usage

	// Disk is the root directory of the node. Its snapshotters know the sizes of committed snapshots, which count where
	// Usage has none. It may be nil.
	Disk *nodedir.Dir
}

// A Database is a metadata database as one version of containerd sees it at one time. It never changes, whatever is
// done to the database that it was opened on, and is safe for concurrent use.
type Database struct {
	basis   Basis
	version metadata.Version
	options Options
	others  []metadata.Version // that the schema does not tell from an assumed one
	db      *memkv.DB          // a fork, migrated
	frozen  memkv.Frozen       // what it holds
	usage   *Usage             // of the options and the disk; nil for neither

	graph      func() (*gc.Graph, error)
	dominators func() (*gc.DominatorTree, error)
}

// Open examines what db holds now. If the version is of a newer schema than db, it sees what its own Init would make of
// db first, as a daemon would: on a fork, so that db stays as it is.
//
// It returns ErrForeign for a database that isn't containerd's, and an error of class ErrFails if the migration does
// not succeed.
func Open(db *memkv.DB, o Options) (*Database, error) {
	d := &Database{options: o, db: db.Fork(), usage: o.Usage}
	if o.Disk != nil {
		d.usage = NewUsage()
		if o.Usage != nil {
			maps.Copy(d.usage.sizes, o.Usage.sizes)
		}
		d.usage.AddDisk(o.Disk)
	}
	if err := d.choose(); err != nil {
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
	d.graph = sync.OnceValues(func() (*gc.Graph, error) {
		g, err := metadata.Graph(d.frozen, d.graphOptions(d.version, true))
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

// choose settles the version, and what is to be said of it.
func (d *Database) choose() error {
	var schema int
	err := d.db.View(func(tx *memkv.Tx) error {
		found, ok := metadata.SchemaOf(tx)
		if !ok {
			return ErrForeign
		}
		schema = found
		return nil
	})
	if err != nil {
		return err
	}
	d.version = d.options.Containerd
	if d.version == 0 {
		candidates := candidates(schema)
		d.version = candidates[len(candidates)-1]
		d.others = candidates[:len(candidates)-1]
	}
	d.basis = Basis{
		Version:    ShapeVersion,
		At:         d.options.At.UTC(),
		Containerd: d.version.String(),
		Assumed:    d.options.Containerd == 0,
		Schema:     schema,
	}
	switch newest := metadata.Newest.Schema(); {
	case schema > newest:
		d.basis.note("the database has schema %d, newer than any known here; it is read as schema %d", schema, newest)
	case schema > d.version.Schema():
		d.basis.note("the database has schema %d; containerd %s, which writes schema %d, opens it as it is", schema, d.version, d.version.Schema())
	}
	return nil
}

// candidates are the versions that write databases of a schema. If none is known to, they are those that are nearest
// above it, or the newest.
func candidates(schema int) []metadata.Version {
	for s := max(schema, 0); s < metadata.Newest.Schema(); s++ {
		if versions := metadata.VersionsOf(s); len(versions) > 0 {
			return versions
		}
	}
	return metadata.VersionsOf(metadata.Newest.Schema())
}

// Basis returns what every answer about the database rests on.
func (d *Database) Basis() Basis {
	b := d.basis
	b.Notes = slices.Clone(b.Notes)
	return b
}

func (d *Database) graphOptions(v metadata.Version, explain bool) metadata.GraphOptions {
	o := metadata.GraphOptions{Version: v, Now: d.options.At, Explain: explain, Weigh: true}
	if d.usage != nil {
		o.Usage = d.snapshotSize
	}
	return o
}

// failure is the error of a collection that fails.
func (d *Database) failure(err error) error {
	return fmt.Errorf("%w: a collection by %s ends with an error and removes nothing: %w", ErrFails, d.version, err)
}
