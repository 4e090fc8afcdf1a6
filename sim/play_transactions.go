package sim

import (
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// transact makes several calls in one transaction, as plugins do that share the database, and commits it or rolls it
// back.
func transact(a *actor) {
	a.idle(a.IntN(10))
	tx := op.TxBeginArgs{Name: a.fresh("tx"), Writable: !a.oneIn(6)}
	if !a.do(engine.Op{Name: op.TxBegin, Args: tx}) {
		return
	}
	a.tx = tx.Name
	h := engine.Header{NS: a.space(), Tx: tx.Name}
	end, changed := pick(a.world, []op.Name{op.TxCommit, op.TxCommit, op.TxRollback}), 0
	for range 1 + a.IntN(5) {
		o := a.change(h)
		if !tx.Writable {
			o = engine.Op{Name: op.ContentInfo, Header: h, Args: op.Blob{Digest: a.blob().digest}}
		}
		code := a.call(o).Code
		if code == op.OK {
			changed++
		}
		if !slices.Contains([]op.Code{op.OK, op.NotFound, op.AlreadyExists}, code) {
			end = op.TxRollback // clients roll back after an unexpected error
			break
		}
	}
	if !tx.Writable {
		end = op.TxRollback
	}
	ended := a.do(engine.Op{Name: end, Args: op.Named{Name: tx.Name}})
	a.tx = ""
	if ended && tx.Writable && changed > 0 {
		a.mark(map[op.Name]Mark{op.TxCommit: TransactionCommitted, op.TxRollback: TransactionRolledBack}[end])
	}
}

// change draws a call that changes the database.
func (a *actor) change(h engine.Header) engine.Op {
	if a.oneIn(4) {
		lease := a.world.name("lease")
		h.Lease = &lease
	}
	switch a.IntN(10) {
	case 0:
		return engine.Op{Name: op.LeasesCreate, Header: h, Args: op.LeasesCreateArgs{ID: a.world.name("lease")}}
	case 1:
		return engine.Op{Name: op.LeasesDelete, Header: h, Args: op.LeasesDeleteArgs{ID: a.world.name("lease")}}
	case 2:
		r := leases.Resource{Type: "content", ID: string(a.blob().digest)}
		return engine.Op{Name: op.LeasesAddResource, Header: h, Args: op.LeaseResource{ID: a.world.name("lease"), Resource: r}}
	case 3:
		image := images.Image{Name: a.image().name, Target: a.image().manifest.descriptor()}
		return engine.Op{Name: op.ImagesCreate, Header: h, Args: op.ImageRecord{Image: image}}
	case 4:
		return engine.Op{Name: op.ImagesDelete, Header: h, Args: op.ImagesDeleteArgs{Name: a.image().name}}
	case 5:
		name, value := a.gcLabel()
		info := content.Info{Digest: a.blob().digest, Labels: map[string]string{name: value}}
		return engine.Op{Name: op.ContentUpdate, Header: h, Args: op.ContentUpdateArgs{Info: info, Paths: []string{"labels." + name}}}
	case 6:
		create := op.SnapshotCreate{Snapshotter: a.snapshotter(), Key: a.world.name("work")}
		if a.oneIn(2) {
			create.Parent = a.snapshot()
		}
		return engine.Op{Name: op.SnapshotsPrepare, Header: h, Args: create}
	case 7:
		name, value := a.gcLabel()
		info := snapshots.Info{Name: a.snapshot(), Labels: map[string]string{name: value}}
		return engine.Op{Name: op.SnapshotsUpdate, Header: h, Args: op.SnapshotsUpdateArgs{Snapshotter: a.snapshotter(), Info: info, Paths: []string{"labels." + name}}}
	case 8:
		return engine.Op{Name: op.SnapshotsRemove, Header: h, Args: op.Snapshot{Snapshotter: a.snapshotter(), Key: a.snapshot()}}
	}
	c := containers.Container{ID: a.world.name("container"), Image: a.image().name, Snapshotter: a.snapshotter(), SnapshotKey: a.world.name("work")}
	c.Runtime.Name = "io.containerd.runc.v2"
	if a.oneIn(2) {
		return engine.Op{Name: op.ContainersDelete, Header: h, Args: op.Identified{ID: c.ID}}
	}
	return engine.Op{Name: op.ContainersCreate, Header: h, Args: op.ContainerRecord{Container: c}}
}

// branch forks the node, makes some calls on the fork, and drops it, as an operator does to try a change.
func branch(a *actor) {
	fork := a.fresh("fork")
	if !a.do(engine.Op{Name: op.NodeFork, Args: op.Named{Name: fork}}) {
		return
	}
	h := engine.Header{Fork: fork}
	a.call(engine.Op{Name: op.FaultsClear, Header: h}) // calls on a fork must not wait
	if a.oneIn(4) {
		a.call(engine.Op{Name: op.NodeCrash, Header: h})
	}
	h.NS = a.space()
	before := *a.collections
	for range 1 + a.IntN(8) {
		switch a.IntN(6) {
		case 0:
			if a.do(engine.Op{Name: op.Collect, Header: h}) {
				a.mark(CollectionOnFork)
			}
		case 1:
			op := a.clockOp()
			op.Fork = fork
			a.call(op)
		default:
			a.call(a.change(h))
		}
	}
	if *a.collections > before {
		a.mark(ForkOutlives)
	}
	a.call(engine.Op{Name: op.NodeDrop, Args: op.Named{Name: fork}})
}
