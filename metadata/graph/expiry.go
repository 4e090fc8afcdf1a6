package graph

import (
	"iter"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// Expiries yields the leases, images and ingests with a time of expiry, and that time, which can be in the past. Images
// expire from containerd 2.0 on. Version 0 means [rules.Newest]. At its time of expiry an object is still a root, and
// after it no longer.
//
// An expiry does not start a collection: containerd's scheduler waits for a deletion.
func Expiries(db memkv.Frozen, v rules.Version) iter.Seq2[gc.Node, time.Time] {
	if v == 0 {
		v = rules.Newest
	}
	return func(yield func(gc.Node, time.Time) bool) {
		v1, _ := db.Bucket(schema.KeyVersion1)
		for namespace, ns := range buckets(v1) {
			for _, k := range []struct {
				resource gc.ResourceType
				path     []string
				since    rules.Version
				expiry   func(memkv.Frozen) (time.Time, error)
			}{
				{rules.ResourceLease, []string{schema.KeyLeases}, 0, labelledExpiry},
				{rules.ResourceImage, []string{schema.KeyImages}, rules.V2_0, labelledExpiry},
				{rules.ResourceIngest, []string{schema.KeyContent, schema.KeyIngests}, 0, ingestExpiry},
			} {
				if k.since > v {
					continue
				}
				records, _ := ns.BucketAt(k.path...)
				for name, record := range buckets(records) {
					t, err := k.expiry(record)
					if err == nil && !t.IsZero() && !yield(gc.Node{Type: k.resource, Namespace: namespace, Key: name}, t) {
						return
					}
				}
			}
		}
	}
}

func labelledExpiry(record memkv.Frozen) (time.Time, error) {
	labels, _ := record.Bucket(schema.KeyLabels)
	value := labels.Text(rules.LabelExpire)
	if value == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, value)
}

func ingestExpiry(record memkv.Frozen) (time.Time, error) {
	value := record.Get(schema.KeyExpireAt)
	if value == nil {
		return time.Time{}, nil
	}
	return schema.DecodeTime(value)
}
