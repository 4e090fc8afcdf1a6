package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

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

// TestFsckReadsManifests stores a manifest without a label for its configuration.
func TestFsckReadsManifests(t *testing.T) {
	e := newCorner(t)
	layer := smallBlob(t, e)
	data, err := json.Marshal(ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Config: layer, Layers: []ocispec.Descriptor{layer}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := namespaced("default")
	target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Size: int64(len(data)), Digest: digest.FromBytes(data)}
	if err := content.WriteBlob(ctx, e.Content(), "manifest", bytes.NewReader(data), target); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Images().Create(ctx, images.Image{Name: "i", Target: target}); err != nil {
		t.Fatal(err)
	}
	f, err := e.Fsck()
	if err != nil || len(f.Findings) != 1 || !strings.HasSuffix(f.Findings[0].Detail, target.Digest.String()) {
		t.Errorf("%+v (%v)", f, err)
	}
}
