package engine

import (
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
)

// NextExpiry returns the earliest time after now at which a lease, an image or an ingest expires. A collection after
// that time can remove more, without any other change. NextExpiry reads all records of these kinds.
func (e *Engine) NextExpiry() (at time.Time, ok bool) {
	now := e.clock.Now()
	note := func(t time.Time) {
		if t.After(now) && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	_ = e.KV().View(func(tx *memkv.Tx) error {
		all, _ := tx.Freeze().Bucket("v1")
		for _, namespace := range all.All() {
			for _, kind := range []string{"leases", "images"} {
				records, _ := namespace.Bucket().Bucket(kind)
				for _, record := range records.All() {
					labels, _ := record.Bucket().Bucket("labels")
					if t, err := time.Parse(time.RFC3339, string(labels.Get("containerd.io/gc.expire"))); err == nil {
						note(t)
					}
				}
			}
			ingests, _ := namespace.Bucket().BucketAt("content", "ingests")
			for _, record := range ingests.All() {
				var t time.Time
				if t.UnmarshalBinary(record.Bucket().Get("expireat")) == nil {
					note(t)
				}
			}
		}
		return nil
	})
	return at, ok
}
