package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

// cases are situations from public reports, in metadata/testdata/cases. ROOT is the unpacked root directory of the
// case, CASE its folder. The golden files are in testdata/cases.
var cases = []struct{ name, args string }{
	{"sizes-from-snapshotter", "top ROOT --at 2026-11-28T20:00:00Z"},
	{"sizes-from-snapshotter-root", "top CASE/meta.db.gz --root ROOT --at 2026-11-28T20:00:00Z"},
	{"sizes-from-snapshotter-why", "why ROOT k8s.io/5/c1 --at 2026-11-28T20:00:00Z"},
	{"sizes-from-snapshotter-directory", "why ROOT snapshots/3 --at 2026-11-28T20:00:00Z"},
	{"lease-until-tomorrow", "plan CASE/meta.db.gz --at 2026-11-28T20:00:00Z"},
	{"lease-until-tomorrow-7d", "plan CASE/meta.db.gz --at 2026-11-28T20:00:00Z --until 7d"},
	{"lease-until-tomorrow-top", "top CASE/meta.db.gz --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-plan", "plan CASE/meta.db.gz --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-plan-rest", "plan CASE/meta.db.gz --salvage --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-plan-forced", "plan CASE/meta.db.gz --salvage --force --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-inspect", "inspect CASE/meta.db.gz v1/default/images/img/live:1 --salvage"},
	{"salvage-one-leaf-gc", "gc CASE/meta.db.gz --salvage -o TMP/out.db --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-fsck", "fsck CASE/meta.db.gz --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-top", "top CASE/meta.db.gz --salvage -n 4 --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-top-namespace", "top CASE/meta.db.gz --salvage --by namespace --json --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-top-forced", "top CASE/meta.db.gz --salvage --force -n 2 --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-top-csv", "top CASE/meta.db.gz --salvage --by snapshotter --format csv --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-namespace", "why CASE/meta.db.gz namespace/default --salvage -n 2 --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-why", "why CASE/meta.db.gz image/default/img/live:1 --salvage --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf-delete", "plan CASE/meta.db.gz --salvage --delete image/default/img/live:1 --at 2026-11-28T20:00:00Z"},
	{"salvage-one-leaf", "salvage CASE/meta.db.gz -o TMP/out.db"},
	{"salvage-one-leaf-json", "salvage CASE/meta.db.gz -o TMP/out.db --json"},
	{"salvage-one-leaf-previous", "salvage CASE/meta.db.gz -o TMP/out.db --previous"},
	{"wrong-file", "fsck CASE/metadata.db.gz"},
	{"wrong-file-plan", "plan CASE/metadata.db.gz"},
	{"wrong-file-inspect", "inspect CASE/metadata.db.gz"},
	{"wrong-file-salvage", "salvage CASE/metadata.db.gz -o TMP/out.db --drop v1/snapshots/k8s.io/4/sha256:63da3bbc7d3e7b95474ca0b0deff878bd2757508965f87da47c9030739a0a351"},
	{"wrong-file-salvage-nothing", "salvage CASE/metadata.db.gz -o TMP/out.db --drop v1/snapshots/k8s.io/nothing"},
	{"discarded-and-not-unpacked", "fsck ROOT --at 2026-11-28T20:00:00Z"},
	{"discarded-and-not-unpacked-why", "why ROOT traefik:3 --at 2026-11-28T20:00:00Z"},
	{"image-incomplete-config", "fsck ROOT --at 2026-11-28T20:00:00Z"},
	{"snapshot-orphan-on-disk", "fsck ROOT --at 2026-11-28T20:00:00Z"},
	{"snapshot-orphan-on-disk-database-alone", "fsck CASE/meta.db.gz --at 2026-11-28T20:00:00Z"},
	{"zeroed-config", "fsck ROOT --at 2026-11-28T20:00:00Z"},
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := caseFolder(t, c.name)
			root := ""
			if strings.Contains(c.args, "ROOT") {
				root = unpackRoot(t, filepath.Join(folder, "root.tar.gz"))
			}
			temporary := t.TempDir()
			args := strings.NewReplacer("ROOT", root, "CASE", folder, "TMP", temporary).Replace(c.args)
			var stdout, stderr bytes.Buffer
			code := run(strings.Fields(args), strings.NewReader(""), &stdout, &stderr)
			got := fmt.Sprintf("$ holdfast %s\n%s", c.args, stdout.String())
			if stderr.Len() > 0 {
				got += "--- standard error\n" + stderr.String()
			}
			got += fmt.Sprintf("--- exit code %d\n", code)
			got = strings.ReplaceAll(got, temporary, "TMP")
			if root != "" {
				got = strings.ReplaceAll(got, root, "ROOT")
			}
			checkGolden(t, filepath.Join("testdata/cases", c.name+".txt"), strings.ReplaceAll(got, folder, "CASE"))
		})
	}
}

// caseFolder returns the folder of a test, by the beginning of its name.
func caseFolder(t *testing.T, name string) string {
	t.Helper()
	const cases = "../../../metadata/testdata/cases"
	entries, err := os.ReadDir(cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(name, e.Name()) {
			return filepath.Join(cases, e.Name())
		}
	}
	t.Fatalf("no case for %s", name)
	return ""
}

// unpackRoot unpacks an archive into a temporary directory.
func unpackRoot(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(header.Name))
		if header.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(to, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data, err := io.ReadAll(archive)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// nodeGoldens are questions about a node as CRI leaves it: three names for each image, a container, an image of the
// sandbox. The golden files are in testdata/node.
var nodeGoldens = []struct{ name, args string }{
	{"top", "top ROOT"},
	{"top-narrow", "top ROOT -n 2"},
	{"top-name", "top ROOT --by name -n 3"},
	{"top-client", "top ROOT --by client"},
	{"top-namespace", "top ROOT --by namespace"},
	{"top-snapshotter", "top ROOT --by snapshotter"},
	{"top-csv", "top ROOT --format csv"},
	{"top-prometheus", "top ROOT --format prometheus"},
	{"plan-holder", "plan ROOT --delete holder/image/k8s.io/docker.io/library/app:1 --delete container/k8s.io/c1"},
	{"plan-pattern", "plan ROOT --delete image/*/docker.io/library/app*"},
	{"plan-namespace", "plan ROOT --delete namespace/k8s.io"},
	{"why-namespace", "why ROOT namespace/k8s.io"},
	{"why-namespace-nonsense", "why ROOT namespace/ci"},
	{"plan-nothing", "plan ROOT --delete lease/*"},
	{"fsck", "fsck ROOT"},
	{"usage-ctr", "top ROOT/io.containerd.metadata.v1.bolt/meta.db --usage ctr-usage.txt"},
	{"by-nonsense", "top ROOT --by size"},
	{"format-nonsense", "top ROOT --format xml"},
	{"snapshotter-nonsense", "top ROOT --snapshotter overlayfs"},
}

func TestNode(t *testing.T) {
	root := criRoot(t)
	usage := filepath.Join(t.TempDir(), "usage.txt")
	if err := os.WriteFile(usage, []byte("KEY SIZE INODES\nc1 1.5 MiB 12\nnowhere 10 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, g := range nodeGoldens {
		t.Run(g.name, func(t *testing.T) {
			if g.name == "top-narrow" {
				t.Setenv("COLUMNS", "72")
			}
			args := strings.NewReplacer("ROOT", root, "ctr-usage.txt", usage).Replace(g.args) + " "
			if !strings.HasPrefix(args, "collect") {
				args += "--at 2026-11-28T20:00:00Z"
			}
			var stdout, stderr bytes.Buffer
			code := run(strings.Fields(args), strings.NewReader(""), &stdout, &stderr)
			got := fmt.Sprintf("$ holdfast %s\n%s", g.args, stdout.String())
			if stderr.Len() > 0 {
				got += "--- standard error\n" + stderr.String()
			}
			got = strings.NewReplacer(root, "ROOT", usage, "ctr-usage.txt").Replace(got + fmt.Sprintf("--- exit code %d\n", code))
			checkGolden(t, filepath.Join("testdata/node", g.name+".txt"), got)
		})
	}
}

// criRoot builds a root directory with containerd's packages. The recorded sizes depend on the file system, so they are
// replaced by a megabyte for each number of a directory.
func criRoot(t *testing.T) string {
	t.Helper()
	r := roottest.New(t)
	app := r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	r.Pull("k8s.io", "docker.io/library/app:2", roottest.Layers(20_000, 9_000))
	r.Pull("k8s.io", "registry.k8s.io/pause:3.10", roottest.Layers(700))
	r.Run("k8s.io", "c1", "docker.io/library/app:1", app.ChainID, 700_000)
	r.Close()
	db, err := bolt.Open(filepath.Join(r.Path, roottest.Snapshotter, "metadata.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bolt.Tx) error {
		all := tx.Bucket([]byte("v1")).Bucket([]byte("snapshots"))
		return all.ForEach(func(name, _ []byte) error {
			record := all.Bucket(name)
			if record.Get([]byte("size")) == nil {
				return nil
			}
			id, _ := binary.Uvarint(record.Get([]byte("id")))
			return record.Put([]byte("size"), binary.AppendVarint(nil, int64(id)*1_000_000))
		})
	}); err != nil {
		t.Fatal(err)
	}
	return r.Path
}

// TestArchiveOfNode asks an archive of a node's databases.
func TestArchiveOfNode(t *testing.T) {
	root := criRoot(t)
	archive := filepath.Join(t.TempDir(), "node.tar.gz")
	output := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
			t.Fatalf("%q: exit code %d, %s", args, code, stderr.String())
		}
		return stdout.String()
	}
	output("collect-files", root, "-o", archive)
	const at = "--at=2026-11-28T20:00:00Z"
	fromRoot, fromArchive := output("top", root, "--format", "csv", at), output("top", archive, "--format", "csv", at)
	if fromRoot != fromArchive {
		t.Errorf("the archive gives\n%s\nthe root gives\n%s", fromArchive, fromRoot)
	}
	if data := output("collect-files", root, "-o", "-"); !strings.HasPrefix(data, "\x1f\x8b") {
		t.Error("-o - writes no archive")
	}
}

// TestFsckHintsAtOldRecords changes an image and then zeroes the pages of that transaction, one after another. If the
// image is lost, an unused page still has the version before. fsck names it, with the command that lists it.
func TestFsckHintsAtOldRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	r := roottest.New(t)
	image := r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(700))
	for i := range 20 { // more than a page
		r.Name("k8s.io", fmt.Sprintf("docker.io/library/tag:%d", i), image.Target, map[string]string{"padding": strings.Repeat("x", 700)})
	}
	r.Close()
	database := filepath.Join(r.Path, roottest.Database)
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	r.Open()
	r.Name("k8s.io", "docker.io/library/tag:7", image.Target, map[string]string{"padding": strings.Repeat("y", 700)})
	r.Close()
	after, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	const page, node = 4096, "image/k8s.io/docker.io/library/tag:7"
	hinted := 0
	for at := 2 * page; at+page <= len(after); at += page {
		if at+page <= len(before) && bytes.Equal(before[at:at+page], after[at:at+page]) {
			continue
		}
		damaged := bytes.Clone(after)
		clear(damaged[at : at+page])
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		var fsck, salvage, stderr bytes.Buffer
		run([]string{"fsck", path}, strings.NewReader(""), &fsck, &stderr)
		if !strings.Contains(fsck.String(), "\n  "+node+"\n") {
			continue
		}
		hinted++
		command := "salvage " + path + " --scavenge"
		if !strings.Contains(fsck.String(), "This lists them: holdfast "+command+"\n") {
			t.Fatalf("fsck prints no command:\n%s", fsck.String())
		}
		run(strings.Fields(command+" -v"), strings.NewReader(""), &salvage, &stderr)
		if !strings.Contains(salvage.String(), node) {
			t.Errorf("the command does not list the record:\n%s%s", salvage.String(), stderr.String())
		}
	}
	if hinted == 0 {
		t.Error("no hint")
	}
}
