package host_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/leases"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

var update = flag.Bool("update", false, "rewrite the files of expected results")

// archivesDir has archives of two nodes. The tests of wasm/web use them too. With -update, TestArchives makes new ones.
const archivesDir = "../web/test/testdata"

// TestArchives checks stored archives in the module and natively: a node of CRI and a worker of BuildKit.
func TestArchives(t *testing.T) {
	h := newHost(t)
	for name, build := range map[string]func(*testing.T, *roottest.Root){"cri": buildCRI, "buildkit": buildBuildKit} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(archivesDir, name+".tar.gz")
			if *update {
				writeArchive(t, path, build)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files, err := nodedir.ReadArchive(bytes.NewReader(data), 0)
			if err != nil {
				t.Fatal(err)
			}
			disk, err := nodedir.Open(files)
			if err != nil {
				t.Fatal(err)
			}
			file, err := fs.ReadFile(disk.Files, disk.Database)
			if err != nil {
				t.Fatal(err)
			}
			report, err := boltfile.CheckBytes(file)
			if err != nil {
				t.Fatal(err)
			}
			db, err := boltfile.ReadBytes(file)
			if err != nil {
				t.Fatal(err)
			}
			o := examine.Options{At: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
			got, err := h.Check(t.Context(), data, o)
			o.Disk = disk
			same(t, "check", got, err)(examine.Check(db, examine.FsckOptions{Options: o, Pages: &report}))
			if !got.SnapshottersChecked {
				t.Error("the snapshotters were not checked")
			}
		})
	}
}

// buildCRI builds a node as CRI leaves it: three names of each image, shared base layers, containers, a pull that was
// cancelled, garbage, and a snapshot that only the snapshotter knows.
func buildCRI(_ *testing.T, r *roottest.Root) {
	const ns = "k8s.io"
	base := roottest.Layers(61_000, 23_000)
	apps := map[string][]roottest.Layer{}
	for i, app := range []string{"web", "api", "worker", "cron", "cache"} {
		layers := append(base[:2:2], roottest.Layers(9_000+13_000*i, 2_000+700*i)...)
		apps[app] = layers
		r.Pull(ns, fmt.Sprintf("registry.example/team/%s:1.%d", app, i), layers)
	}
	pause := roottest.Layers(700)
	r.Pull(ns, "registry.k8s.io/pause:3.10", pause)
	r.Pull(ns, "docker.io/library/model:2", roottest.Layers(300_000, 120_000))
	web := r.Write(ns, apps["web"])
	r.Run(ns, "c-web-1", "registry.example/team/web:1.0", web.ChainID, 40_000)
	r.Run(ns, "c-web-2", "registry.example/team/web:1.0", web.ChainID, 10_000)
	r.Run(ns, "c-pause", "registry.k8s.io/pause:3.10", r.Write(ns, pause).ChainID, 0)

	cancelled := r.Blob(ns, "application/vnd.oci.image.layer.v1.tar", bytes.Repeat([]byte{7}, 90_000), nil)
	r.Lease(ns, "1732790000-Qwer", map[string]string{"containerd.io/gc.expire": "2026-11-30T09:30:00Z"},
		leases.Resource{Type: "content", ID: cancelled.Digest.String()})
	kept := r.Blob("ci", "application/octet-stream", bytes.Repeat([]byte{9}, 33_000), map[string]string{"containerd.io/gc.root": "2026"})
	r.Lease("ci", "job-1", nil, leases.Resource{Type: "content", ID: kept.Digest.String()})
	r.Blob(ns, "application/octet-stream", bytes.Repeat([]byte{8}, 55_000), nil)
	r.Orphan(ns, "gone", "", 250_000)
}

// buildBuildKit builds a worker of BuildKit: a lease for each record of its cache, and one image.
func buildBuildKit(_ *testing.T, r *roottest.Root) {
	const ns = "buildkit"
	for i := range 12 {
		layers := roottest.Layers(5_000+4_000*i, 30_000-2_000*i)
		r.Unpack(ns, layers)
		img := r.Write(ns, layers)
		resources := []leases.Resource{{Type: "snapshots/native", ID: img.ChainID}}
		for _, layer := range img.Layers {
			resources = append(resources, leases.Resource{Type: "content", ID: layer.Digest.String()})
		}
		r.Lease(ns, fmt.Sprintf("cache-%02d", i), map[string]string{"buildkit/lease.temporary": "", "containerd.io/gc.flat": "2026"}, resources...)
	}
	layers := roottest.Layers(5_000, 30_000)
	img := r.Write(ns, layers)
	r.Name(ns, "registry.example/built:latest", img.Target, nil)
}

// writeArchive builds a root and writes its archive. In that of a worker, the parts have BuildKit's names.
func writeArchive(t *testing.T, path string, build func(*testing.T, *roottest.Root)) {
	t.Helper()
	r := roottest.New(t)
	build(t, r)
	r.Close()
	disk, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	var archive, renamed bytes.Buffer
	if err := nodedir.WriteArchive(&archive, disk); err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(&archive)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(&renamed)
	to := tar.NewWriter(zipped)
	for from := tar.NewReader(unzipped); ; {
		header, err := from.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(filepath.Base(path), "buildkit") {
			header.Name = strings.NewReplacer(roottest.Database, "containerdmeta.db", roottest.Snapshotter, "snapshots").Replace(header.Name)
		}
		if err := to.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(archivesDir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, renamed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
