package compare

import (
	"fmt"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata"
)

// collected records the removals of a collection. It fails if they differ from the expected ones.
func (n *Node) collected(c engine.Collection, _ time.Duration) error {
	n.pauses = append(n.pauses, stop{n.objects, len(c.Removed)})
	n.objects -= len(c.Removed)
	n.ledger.loose = false
	freed := len(c.Removed) + len(n.orphans)
	clean := n.cleanup()
	for _, u := range n.orphans {
		clean.gone(u, "the layer of a container")
	}
	n.orphans = nil
	for _, r := range c.Removed {
		at := stored{r.Namespace, r.Key}
		switch r.Type {
		case metadata.ResourceContent:
			b := n.stored[at]
			if b == nil && n.restored {
				continue
			} else if b == nil {
				return fmt.Errorf("collected %s %q, which the node doesn't know", r.Namespace, r.Key)
			}
			delete(n.stored, at)
			if b.records--; b.records == 0 {
				n.gone(&b.unit, r.Key)
				delete(n.blobs, digest.Digest(r.Key))
			}
		case metadata.ResourceSnapshot:
			u := n.snapshots[at]
			if u == nil && n.restored {
				continue
			} else if u == nil {
				return fmt.Errorf("collected %s %q, which the node doesn't know", r.Namespace, r.Key)
			}
			delete(n.snapshots, at)
			clean.gone(u, r.Key)
		case metadata.ResourceImage:
			if i := n.recordOf[at]; i != nil {
				delete(n.recordOf, at)
				if i.records--; i.records == 0 {
					n.forget(i)
				}
			}
		}
	}
	freed += clean.end()
	left := n.Garbage()
	for _, u := range n.stuck {
		left -= u.bytes
	}
	if n.restored && n.ledger.unheld > len(n.stuck) {
		n.reconcile()
	} else if left > 0 {
		n.fail(fmt.Errorf("a collection left %d bytes that nothing holds", left))
	}
	n.engine.ForgetEvents()
	if freed > 0 {
		n.retry()
	}
	return n.err
}

// gone removes collected units from the disk.
func (n *Node) gone(u *unit, name string) {
	if len(u.holds) > 0 && !n.restored {
		n.fail(fmt.Errorf("collected %s, which %s holds", name, u.holds[0].holder))
	}
	n.ledger.take(u)
}

// forget drops an image whose last record is gone, or is being removed by the caller.
func (n *Node) forget(i *image) {
	n.images.remove(i.id)
	n.changed(i)
	n.ledger.release(i.claim)
	i.claim.units = nil
}
