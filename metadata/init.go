package metadata

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv"
)

// Init brings the database to the schema of the version whose rules it goes by, which is the newest's unless WithRules
// says otherwise: an empty one is marked with it, an older one migrated.
// Unless WithCleanupOnce says otherwise, it takes every backend for one that must be cleaned, since nobody wrote down
// whether the process before this one came to clean what it had collected.
func (m *DB) Init(context.Context) error {
	err := m.db.Update(func(tx *memkv.Tx) error {
		_, err := Migrate(tx, m.opts.version.Schema())
		return err
	})
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	if m.opts.cleanupOnce {
		return nil
	}
	if m.cs != nil {
		m.dirt.markContent()
	}
	for name := range m.ss {
		m.dirt.markSnapshotter(name)
	}
	return nil
}
