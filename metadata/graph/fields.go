package graph

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// ownReferences are the functions that add the roots and edges of a kind that do not come from labels. A kind without
// a function has none. For a kind that a collection never removes, the function makes every object a root. Leases come
// first in every namespace. They set s.flat, and then the other kinds also add edges between the flat copies of their
// nodes.
var ownReferences = map[gc.ResourceType]func(s *scan, o object) error{
	rules.ResourceLease:     scanLease,
	rules.ResourceSnapshot:  scanSnapshot,
	rules.ResourceIngest:    scanIngest,
	rules.ResourceImage:     scanImage,
	rules.ResourceContainer: scanContainer,
	rules.ResourceSandbox:   scanSandbox,
}

// leaseResources are the resources that a lease can list, with the first version in which they count.
var leaseResources = []struct {
	bucket   string
	resource gc.ResourceType
	flattens bool
	since    rules.Version
}{
	{bucket: schema.KeyContent, resource: rules.ResourceContent, flattens: true},
	{bucket: schema.KeyImages, resource: rules.ResourceImage, flattens: true, since: rules.V2_0},
	{bucket: schema.KeyIngests, resource: rules.ResourceIngest},
	{bucket: schema.KeySnapshots, resource: rules.ResourceSnapshot, flattens: true},
}

func scanLease(s *scan, o object) error {
	live := s.expiring(o)
	if !live && !s.Explain {
		// An expired lease holds nothing, even if it is reachable through a collector.
		return nil
	}
	flat := o.labels.Get("containerd.io/gc.flat") != nil
	s.flat = s.flat || flat
	if live {
		s.leased(o)
	}
	for _, r := range leaseResources {
		list, ok := o.record.Bucket(r.bucket)
		if !ok {
			continue
		}
		// The edges of an expired lease serve explanations only, because no root reaches it.
		hold := s.Edge
		reason := gc.Reason{Rule: RuleResource, Detail: r.bucket}
		if r.since > s.Version {
			hold, reason = s.Miss, gc.Reason{Rule: RuleIgnored, Detail: fmt.Sprintf("%s in leases count from containerd %s", r.bucket, r.since)}
		}
		each := func(scope string, list memkv.Frozen) {
			for key := range list.All() {
				to := s.intern(r.resource, scope, key)
				if flat && r.flattens {
					to = s.Flat(to)
				}
				hold(o.id, to, reason)
			}
		}
		if r.resource != rules.ResourceSnapshot {
			each("", list)
			continue
		}
		for snapshotter, list := range buckets(list) {
			each(snapshotter, list)
		}
	}
	return nil
}

func scanImage(s *scan, o object) error {
	if s.Version >= rules.V2_0 {
		s.expiring(o)
	} else {
		s.Root(o.id, gc.Reason{Rule: RuleRoot})
	}
	target, ok := o.record.Bucket(schema.KeyTarget)
	if !ok {
		return nil
	}
	to := s.node(rules.ResourceContent, "", target.Text(schema.KeyDigest))
	s.extend(o.id, to, gc.Reason{Rule: RuleField, Detail: schema.KeyTarget})
	return nil
}

func scanSnapshot(s *scan, o object) error {
	if s.Weigh && s.Usage != nil {
		s.Define(o.id, s.Usage(s.namespace, o.scope, o.name))
	}
	parent := o.record.Text(schema.KeyParent)
	if len(parent) == 0 {
		return nil
	}
	to := s.node(rules.ResourceSnapshot, o.scope, parent)
	s.extend(o.id, to, gc.Reason{Rule: RuleField, Detail: schema.KeyParent})
	return nil
}

// extend is refer for a reference that flat leases follow too.
func (s *scan) extend(from gc.ID, n gc.Node, reason gc.Reason) {
	s.refer(from, n, reason)
	if s.flat {
		s.Edge(s.Flat(from), s.Flat(s.Intern(n)), reason)
	}
}

func scanIngest(s *scan, o object) error {
	if v := o.record.Get(schema.KeyExpireAt); v != nil {
		expiry, err := schema.DecodeTime(v)
		if err != nil {
			return fmt.Errorf("expireat: %w", err)
		}
		s.until(o.id, expiry)
	}
	if expected := o.record.Text(schema.KeyExpected); len(expected) > 0 {
		s.Edge(o.id, s.intern(rules.ResourceContent, "", expected), gc.Reason{Rule: RuleField, Detail: schema.KeyExpected})
	}
	return nil
}

func scanContainer(s *scan, o object) error {
	s.Root(o.id, gc.Reason{Rule: RuleRoot})
	if snapshotter := o.record.Text(schema.KeySnapshotter); len(snapshotter) > 0 {
		to := s.intern(rules.ResourceSnapshot, snapshotter, o.record.Text(schema.KeySnapshotKey))
		s.Edge(o.id, to, gc.Reason{Rule: RuleField, Detail: schema.KeySnapshotKey})
	}
	if image := o.record.Text(schema.KeyImage); len(image) > 0 && s.Explain {
		to := s.intern(rules.ResourceImage, "", image)
		s.Miss(o.id, to, gc.Reason{Rule: RuleIgnored, Detail: "a container's image field keeps nothing"})
	}
	return nil
}

func scanSandbox(s *scan, o object) error {
	s.Root(o.id, gc.Reason{Rule: RuleRoot})
	return nil
}

// expiring makes o a root unless it has expired according to its label, and reports whether o is a root. It ignores a
// malformed time.
func (s *scan) expiring(o object) bool {
	if v := o.labels.Text(rules.LabelExpire); v != "" {
		if expiry, err := time.Parse(time.RFC3339, v); err == nil {
			return s.until(o.id, expiry)
		}
	}
	s.Root(o.id, gc.Reason{Rule: RuleRoot})
	return true
}

// until makes id a root if the time of expiry has not passed, and reports whether it is a root. An object expires right
// after its time of expiry.
func (s *scan) until(id gc.ID, expiry time.Time) bool {
	if s.flips != nil {
		s.flips(id, expiry)
	}
	live := !s.Now.After(expiry)
	claim, reason := s.Root, gc.Reason{Rule: RuleRoot}
	if !live {
		claim, reason.Rule = s.MissRoot, RuleExpired
	}
	if s.Explain {
		reason.Detail = expiry.UTC().Format(time.RFC3339Nano)
	}
	claim(id, reason)
	return live
}
