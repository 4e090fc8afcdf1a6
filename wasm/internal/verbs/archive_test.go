//go:build !wasm

package verbs_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

// TestArchive compares the answers about an archive of a node with those of package examine.
func TestArchive(t *testing.T) {
	r := roottest.New(t)
	r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 50_000))
	r.Orphan("k8s.io", "gone", "", 900_000)
	r.Close()
	root, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := nodedir.WriteArchive(&archive, root); err != nil {
		t.Fatal(err)
	}
	files, err := nodedir.ReadArchive(bytes.NewReader(archive.Bytes()), 0)
	if err != nil {
		t.Fatal(err)
	}
	disk, err := nodedir.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := boltfile.OpenFS(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	o := examine.Options{At: time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), Disk: disk}
	d, err := examine.Open(kv, o)
	if err != nil {
		t.Fatal(err)
	}
	want, err := d.Account(examine.AccountOptions{})
	var nodes verbs.Nodes
	args := abi.Examination{At: &o.At}
	read, _ := send[abi.Handle](t, &nodes, "read", 0, args, archive.Bytes())
	view, _ := send[abi.Handle](t, &nodes, "view", read.Node, args, nil)
	for _, handle := range []uint32{read.Node, view.Node} {
		got, _ := send[*examine.Accounting](t, &nodes, "account", handle, abi.Account{}, nil)
		same(t, "account", got, want, err)
	}
	if want.Unknown == nil || want.Unknown.Objects == 0 {
		t.Errorf("on disk only: %+v", want.Unknown)
	}
	objects, _ := send[[]examine.Object](t, &nodes, "objects", read.Node, abi.None{}, nil)
	sizes := map[string]int64{}
	for _, o := range objects {
		sizes[o.Node] = o.Bytes
	}
	contents, err := d.Contents()
	if err != nil {
		t.Fatal(err)
	}
	snapshots := 0
	for _, c := range contents {
		for i, node := range c.Nodes {
			if sizes[node] != max(c.Sizes[i], 0) {
				t.Errorf("objects: %s has %d bytes, want %d", node, sizes[node], c.Sizes[i])
			}
			if strings.HasPrefix(node, "snapshot/") && sizes[node] > 0 {
				snapshots++
			}
		}
	}
	if snapshots == 0 {
		t.Error("no snapshot has a size")
	}

	opened, _ := send[abi.Handle](t, &nodes, "open", 0, map[string]int{"holdfast": 1}, archive.Bytes())
	same(t, "open", hashOf(t, &nodes, opened), hashOf(t, &nodes, openAlone(t, &nodes, disk)), nil)

	check, _ := send[*examine.Fsck](t, &nodes, "check", 0, args, archive.Bytes())
	fsck, _ := send[*examine.Fsck](t, &nodes, "fsck", read.Node, abi.None{}, nil)
	if !check.SnapshottersChecked || !fsck.SnapshottersChecked {
		t.Error("the snapshotters were not checked")
	}

	var empty bytes.Buffer
	if err := tar.NewWriter(&empty).WriteHeader(&tar.Header{Name: "a", Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	header, _ := json.Marshal(args)
	frame := abi.AppendFrame(nil, []byte(`{"verb":"read","args":`+string(header)+`}`), append(empty.Bytes(), make([]byte, 1024)...))
	if text, _ := split(nodes.Call(frame)); !strings.Contains(text, `"reason":"no_database"`) {
		t.Errorf("an archive without a database: %s", text)
	}
}

// hashOf returns the hash of a node.
func hashOf(t *testing.T, nodes *verbs.Nodes, node abi.Handle) string {
	t.Helper()
	hash, _ := send[string](t, nodes, "hash", node.Node, abi.None{}, nil)
	return hash
}

// openAlone opens the metadata database of a directory as a node.
func openAlone(t *testing.T, nodes *verbs.Nodes, disk *nodedir.Dir) abi.Handle {
	t.Helper()
	data, err := fs.ReadFile(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	node, _ := send[abi.Handle](t, nodes, "open", 0, map[string]int{"holdfast": 1}, data)
	return node
}
