package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// TestFsckFindsLeftovers adds a snapshot to a backend without a record in the database.
func TestFsckFindsLeftovers(t *testing.T) {
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	findings := func() (list []string) {
		f, err := node.Fsck()
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range f.Findings {
			list = append(list, finding.Check)
		}
		if len(f.NotChecked) > 0 {
			t.Errorf("not checked: %q", f.NotChecked)
		}
		return list
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")
	if got := findings(); len(got) > 0 {
		t.Errorf("an empty node has findings: %q", got)
	}
	backend := node.SnapshotterBackend("native")
	if _, err := backend.Prepare(ctx, "default/99/gone", ""); err != nil {
		t.Fatal(err)
	}
	if got, want := findings(), []string{"snapshot-orphan"}; !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
}
