//go:build !wasm

package verbs_test

import (
	"bytes"
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
	check, _ := send[*examine.Fsck](t, &nodes, "check", 0, args, archive.Bytes())
	fsck, _ := send[*examine.Fsck](t, &nodes, "fsck", read.Node, abi.None{}, nil)
	if !check.SnapshottersChecked || !fsck.SnapshottersChecked {
		t.Error("the snapshotters were not checked")
	}
}
