package metadata_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	theirs "github.com/containerd/containerd/v2/core/metadata"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A labelling backend adds labels of its own to every snapshot, and overwrites one that it was given.
type labelling struct {
	snapshots.Snapshotter
	labels map[string]string // nil: the backend has no labels at all
}

func (l labelling) with(info snapshots.Info) snapshots.Info {
	info.Labels = nil
	for key, value := range l.labels {
		if info.Labels == nil {
			info.Labels = map[string]string{}
		}
		info.Labels[key] = value
	}
	return info
}

func (l labelling) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	info, err := l.Snapshotter.Stat(ctx, key)
	return l.with(info), err
}

func (l labelling) Update(ctx context.Context, info snapshots.Info, paths ...string) (snapshots.Info, error) {
	info, err := l.Snapshotter.Update(ctx, info, paths...)
	return l.with(info), err
}

func (l labelling) Walk(ctx context.Context, fn snapshots.WalkFunc, filters ...string) error {
	return l.Snapshotter.Walk(ctx, func(ctx context.Context, info snapshots.Info) error { return fn(ctx, l.with(info)) }, filters...)
}

// TestLabelsOfBackend compares the labels that snapshots have if the record and the backend disagree, with containerd's
// package: the record's value of a label wins, and labels of the backend alone are added.
func TestLabelsOfBackend(t *testing.T) {
	ctx := namespaces.WithNamespace(t.Context(), "ns")
	now := func() time.Time { return time.Unix(0, 0) }
	for name, labels := range map[string]map[string]string{
		"no labels":       nil,
		"other labels":    {"backend": "1"},
		"the same labels": {"both": "backend", "containerd.io/snapshot/both": "backend", "backend": "1"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			backends := func() map[string]snapshots.Snapshotter {
				return map[string]snapshots.Snapshotter{"s": labelling{backend.NewSnapshotter(now, "/"), labels}}
			}
			other := theirs.NewDB(file, nil, backends())
			ours := metadata.NewDB(memkv.New(), nil, backends())
			for _, err := range []error{other.Init(ctx), ours.Init(ctx)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			got, want := labelsSeen(ctx, t, ours.Snapshotter("s")), labelsSeen(ctx, t, other.Snapshotter("s"))
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if labels["both"] != "" && !strings.Contains(want[0], "both:record") {
				t.Errorf("containerd itself prefers the backend: %s", want[0])
			}
		})
	}
}

// labelsSeen makes snapshots and returns the labels that each way of reading shows.
func labelsSeen(ctx context.Context, t *testing.T, s snapshots.Snapshotter) (seen []string) {
	t.Helper()
	note := func(how string, info snapshots.Info, err error) {
		seen = append(seen, fmt.Sprint(how, " ", info.Name, " ", info.Labels, " ", err))
	}
	record := map[string]string{"both": "record", "record": "1", "containerd.io/snapshot/both": "record"}
	if _, err := s.Prepare(ctx, "active", "", snapshots.WithLabels(record)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare(ctx, "bare", ""); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"active", "bare"} {
		info, err := s.Stat(ctx, key)
		note("stat", info, err)
	}
	info, err := s.Update(ctx, snapshots.Info{Name: "active", Labels: map[string]string{"both": "updated"}}, "labels.both")
	note("update one", info, err)
	info, err = s.Update(ctx, snapshots.Info{Name: "bare", Labels: map[string]string{"containerd.io/snapshot/both": "updated"}}, "labels")
	note("update all", info, err)
	for _, filter := range []string{"", "labels.both==backend", "labels.both==updated", "labels.backend==1", "labels.record==1"} {
		var filters []string
		if filter != "" {
			filters = []string{filter}
		}
		err := s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			note("walk "+filter, info, nil)
			return nil
		}, filters...)
		if err != nil {
			t.Fatal(err)
		}
	}
	return seen
}
