package nodedir_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

// TestArchive writes the databases of a root and opens them from the archive.
func TestArchive(t *testing.T) {
	r := build(t)
	r.Close()
	d, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := nodedir.WriteArchive(&b, d); err != nil {
		t.Fatal(err)
	}
	files, err := nodedir.ReadArchive(bytes.NewReader(b.Bytes()), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(files, d.Database, "io.containerd.snapshotter.v1.native/metadata.db"); err != nil {
		t.Error(err)
	}
	again, err := nodedir.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	want, err := boltfile.OpenFS(d.Files, d.Database)
	if err != nil {
		t.Fatal(err)
	}
	got, err := boltfile.OpenFS(again.Files, again.Database)
	if err != nil || got.Hash() != want.Hash() {
		t.Errorf("another database, %v", err)
	}
	if a, b := again.Snapshotter("native").Records.Len(), d.Snapshotter("native").Records.Len(); a != b {
		t.Errorf("%d snapshots, want %d", a, b)
	}
	if !errors.Is(again.ContentErr, fs.ErrNotExist) {
		t.Errorf("content: %v", again.ContentErr)
	}
	if _, err := nodedir.ReadArchive(bytes.NewReader(b.Bytes()), 1000); !errors.Is(err, nodedir.ErrArchiveTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

func TestHostileArchives(t *testing.T) {
	named := func(name string) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		_ = w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg})
		_ = w.Close()
		return b.String()
	}
	for name, data := range map[string]string{
		"empty":       "",
		"no archive":  strings.Repeat("x", 2000),
		"broken gzip": "\x1f\x8bxx",
		"escapes":     named("../meta.db"),
		"absolute":    named("/etc/passwd"),
	} {
		if _, err := nodedir.ReadArchive(strings.NewReader(data), 0); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
