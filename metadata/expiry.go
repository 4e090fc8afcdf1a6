package metadata

import (
	"iter"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
)

// Expiries yields the leases, images and ingests that are roots until a time, with that time, whether it has passed or
// not. Images expire from containerd 2.0 on. Version 0 means [Newest]. The object stops to be a root right after its
// time, which itself is still included.
//
// A collection does not start by itself at that time: containerd's scheduler waits for a deletion.
func Expiries(db memkv.Frozen, v Version) iter.Seq2[gc.Node, time.Time] {
	if v == 0 {
		v = Newest
	}
	return func(yield func(gc.Node, time.Time) bool) {
		v1, _ := db.Bucket(keyVersion1)
		for namespace, ns := range buckets(v1) {
			for _, k := range []struct {
				resource ResourceType
				path     []string
				since    Version
				expiry   func(memkv.Frozen) (time.Time, error)
			}{
				{ResourceLease, []string{keyLeases}, 0, labelledExpiry},
				{ResourceImage, []string{keyImages}, V2_0, labelledExpiry},
				{ResourceIngest, []string{keyContent, keyIngests}, 0, ingestExpiry},
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
	labels, _ := record.Bucket(keyLabels)
	value := labels.Get(labelExpire)
	if value == nil {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, stringOf(value))
}

func ingestExpiry(record memkv.Frozen) (time.Time, error) {
	value := record.Get(keyExpireAt)
	if value == nil {
		return time.Time{}, nil
	}
	return decodeTime(value)
}
