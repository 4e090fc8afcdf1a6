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
		"root":        named("."),
	} {
		if _, err := nodedir.ReadArchive(strings.NewReader(data), 0); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzArchive reads any tar file. The result must be a consistent file system, also to the functions of package fs.
func FuzzArchive(f *testing.F) {
	for _, names := range [][]string{{"a"}, {"a/b", "a/c/d"}, {"a", "a/b"}, {"a/", "a"}, {"."}, {"a/b", "a"}} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, name := range names {
			header := &tar.Header{Name: name, Mode: 0o600, Typeflag: tar.TypeReg, Size: 1}
			if strings.HasSuffix(name, "/") {
				header.Typeflag, header.Size = tar.TypeDir, 0
			}
			if err := w.WriteHeader(header); err != nil {
				f.Fatal(err)
			}
			if _, err := w.Write([]byte("x")[:header.Size]); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := nodedir.ReadArchive(bytes.NewReader(data), 1<<20)
		if err != nil {
			return
		}
		var names []string
		err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if name != "." {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(files, names...); err != nil {
			t.Fatal(err)
		}
	})
}
