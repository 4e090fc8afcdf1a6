// Package runner collects databases with the containerd version in the go.mod of its folder.
package runner

import (
	"context"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/metadata"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/metadata/testdata/versions/runner/common"
)

func TestRun(t *testing.T) {
	common.Run(t, func(db *bolt.DB) common.DB {
		m := metadata.NewDB(db, backend{}, nil)
		return common.DB{
			Init: m.Init,
			GarbageCollect: func(ctx context.Context) error {
				_, err := m.GarbageCollect(ctx)
				return err
			},
		}
	})
}

// backend is an empty content store, with the methods that a collection calls after its sweep.
type backend struct{ content.Store }

func (backend) Walk(context.Context, content.WalkFunc, ...string) error { return nil }

func (backend) ListStatuses(context.Context, ...string) ([]content.Status, error) { return nil, nil }
