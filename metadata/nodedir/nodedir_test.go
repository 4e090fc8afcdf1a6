package nodedir_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

// build returns a root with two images that share a layer, a container and an orphan.
func build(t *testing.T) *roottest.Root {
	r := roottest.New(t)
	app := r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	r.Pull("k8s.io", "docker.io/library/app:2", roottest.Layers(20_000, 9_000))
	r.Run("k8s.io", "c1", "docker.io/library/app:1", app.ChainID, 700_000)
	r.Orphan("k8s.io", "gone", "", 900_000)
	return r
}

// TestSizes compares recorded and measured sizes with the snapshotter's own and with du.
func TestSizes(t *testing.T) {
	r := build(t)
	usage := map[string]int64{}
	for _, name := range r.Names() {
		usage[name] = r.Usage(name).Size
	}
	r.Close()
	d, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	s := d.Snapshotter("native")
	if s == nil || s.Err != nil || s.Records.Len() != len(usage) {
		t.Fatalf("%+v, want %d snapshots", s, len(usage))
	}
	active := 0
	for snapshot := range s.Records.All() {
		want := usage[snapshot.Name]
		if snapshot.Sized && snapshot.Size != want {
			t.Errorf("%s: %d bytes recorded, want %d", snapshot.Name, snapshot.Size, want)
		}
		size, err := s.Measure(t.Context(), snapshot.ID)
		if err != nil || size.Skipped > 0 {
			t.Fatalf("%s: %v, %d skipped", snapshot.Name, err, size.Skipped)
		}
		if !snapshot.Sized {
			active++
			if size.Bytes != want {
				t.Errorf("%s: %d bytes measured, want %d", snapshot.Name, size.Bytes, want)
			}
		}
		if du := diskUsage(t, filepath.Join(r.Path, s.Path, snapshot.Dir())); size.Bytes != du {
			t.Errorf("%s: %d bytes measured, du says %d", snapshot.Name, size.Bytes, du)
		}
	}
	if active != 2 {
		t.Errorf("%d active snapshots, want 2", active)
	}
}

func diskUsage(t *testing.T, path string) int64 {
	t.Helper()
	out, err := exec.Command("du", "-s", "-B1", path).Output()
	if err != nil {
		t.Skipf("du: %v", err)
	}
	bytes, err := strconv.ParseInt(strings.Fields(string(out))[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// TestMeasure walks directories with hard links, symbolic links to the outside, and files that are not readable.
func TestMeasure(t *testing.T) {
	r := build(t)
	r.Close()
	d, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	s := d.Snapshotter("native")
	var snapshot uint64
	for one := range s.Records.All() {
		if !one.Sized {
			snapshot = one.ID
		}
	}
	dir := filepath.Join(r.Path, s.Path, "snapshots", strconv.FormatUint(snapshot, 10))
	for i, err := range []error{
		os.WriteFile(filepath.Join(dir, "one"), make([]byte, 100_000), 0o600),
		os.Link(filepath.Join(dir, "one"), filepath.Join(dir, "two")),
		os.MkdirAll(filepath.Join(dir, strings.Repeat("deep/", 200)), 0o700),
		os.Symlink("/usr", filepath.Join(dir, "outside")),
	} {
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	size, err := s.Measure(t.Context(), snapshot)
	if want := diskUsage(t, dir); err != nil || size.Bytes != want {
		t.Errorf("%d bytes, %v, du says %d", size.Bytes, err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Measure(ctx, snapshot); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	if _, err := s.Measure(t.Context(), 4711); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a snapshot without a directory: %v", err)
	}
	// Overlay snapshots count their upper directory alone.
	overlay := fstest.MapFS{
		path.Join("snapshots", "7", "fs", "a"):   {Data: make([]byte, 10)},
		path.Join("snapshots", "7", "work", "b"): {Data: make([]byte, 100)},
	}
	if size, err := nodedir.OpenSnapshotter("overlayfs", overlay).Measure(t.Context(), 7); err != nil || size.Bytes != 10 {
		t.Errorf("overlay: %+v, %v, want 10 bytes", size, err)
	}
}

func TestMissingParts(t *testing.T) {
	r := build(t)
	r.Close()
	if err := os.RemoveAll(filepath.Join(r.Path, roottest.Content)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(r.Path, roottest.Snapshotter, "metadata.db")); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(r.Path, "io.containerd.snapshotter.v1.overlayfs")
	if err := os.MkdirAll(broken, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "metadata.db"), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(d.ContentErr, fs.ErrNotExist) || d.Content != nil {
		t.Errorf("content: %v, %v", d.Content, d.ContentErr)
	}
	if s := d.Snapshotter("native"); s == nil || !errors.Is(s.Err, nodedir.ErrNoRecords) {
		t.Errorf("native: %+v", s)
	}
	if s := d.Snapshotter("overlayfs"); s == nil || !errors.Is(s.Err, boltfile.ErrNotBolt) {
		t.Errorf("overlayfs: %+v", s)
	}
	if s := d.Snapshotter("btrfs"); s != nil {
		t.Errorf("btrfs: %+v", s)
	}
	for name, parts := range map[string]fstest.MapFS{
		"no database":          {"io.containerd.content.v1.content/blobs/sha256/a": {}},
		"content store alone":  {"blobs/sha256/a": {}},
		"BuildKit's parts":     {"content/blobs/sha256/a": {}, "snapshots/metadata.db": {}},
		"a snapshotter's root": {"io.containerd.snapshotter.v1.native/snapshots/1": {}},
	} {
		if d, err := nodedir.OpenParts(parts); err != nil || d.Database != "" {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if _, err := nodedir.OpenParts(fstest.MapFS{"x": {}}); !errors.Is(err, nodedir.ErrNoRoot) {
		t.Errorf("a directory without parts: %v", err)
	}
	if _, err := nodedir.Open(fstest.MapFS{}); !errors.Is(err, nodedir.ErrNoRoot) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestAdd(t *testing.T) {
	db, err := boltfile.Open("../storage/testdata/overlayfs.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	s, err := nodedir.OpenRecords("stargz", db)
	if err != nil {
		t.Fatal(err)
	}
	d := &nodedir.Dir{}
	d.Add(s)
	d.Add(s)
	if len(d.Snapshotters) != 1 || d.Snapshotter("stargz") != s {
		t.Errorf("%v", d.Snapshotters)
	}
	if _, err := nodedir.OpenRecords("x", memkv.New()); err == nil {
		t.Error("an empty database is accepted")
	}
}

func TestFind(t *testing.T) {
	found, refused := nodedir.Find(fstest.MapFS{
		"var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db":                               {},
		"var/lib/buildkit/runc-overlayfs/containerdmeta.db":                                       {},
		"var/lib/buildkit/runc-native/containerdmeta.db":                                          {},
		"var/lib/buildkit/cache.db":                                                               {},
		"home/u/.local/share/containerd/io.containerd.metadata.v1.bolt/meta.db":                   {},
		"var/lib/docker/containerd/daemon/io.containerd.content.v1.content/blobs/sha256/deadbeef": {},
	}, "/home/u")
	var paths []string
	for _, f := range found {
		paths = append(paths, f.Path)
	}
	want := "/var/lib/containerd /home/u/.local/share/containerd /var/lib/buildkit/runc-native /var/lib/buildkit/runc-overlayfs"
	if got := strings.Join(paths, " "); got != want || len(refused) > 0 {
		t.Errorf("%s, %v, want %s", got, refused, want)
	}
}
