package examine

import (
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// Collect carries a collection out on a fork and returns what it removed, and the fork: the database as the daemon would
// leave it, migrated if the version asks for that. If the collection fails, the Plan says so and nothing is
// removed.
func (d *Database) Collect() (*Plan, *memkv.DB, error) {
	p, err := d.Plan()
	if err != nil {
		return nil, nil, err
	}
	db := d.db.Fork()
	if p.Fails != "" {
		return p, db, nil
	}
	err = db.Update(func(tx *memkv.Tx) error {
		_, err := metadata.Collect(tx, d.graphOptions(d.version, false))
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return p, db, nil
}
