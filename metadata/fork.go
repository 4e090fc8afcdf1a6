package metadata

import (
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Fork returns a database like m over forks of what m has: db must hold what
// m's Transactor holds, and the backends what m's hold. The fork has m's
// options, and then opts, and like m remembers which backends are to be cleaned
// and whether something was deleted; so it needs no Init. It has neither m's
// mutation callbacks nor its collectors: they would act on what is m's.
func (m *DB) Fork(db Transactor, cs content.Store, ss map[string]snapshots.Snapshotter, opts ...DBOpt) *DB {
	inherited := func(o *dbOptions) { *o = m.opts }
	fork := NewDB(db, cs, ss, append([]DBOpt{inherited}, opts...)...)
	fork.dirt.inherit(&m.dirt)
	return fork
}
