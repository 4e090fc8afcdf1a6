package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// goldens are command lines, with the names of the files in testdata/golden that hold their output. TMP stands for a
// temporary directory with the files of writeBrokenFiles.
var goldens = []struct{ name, args string }{
	{"help", "help"},
	{"help-plan", "plan --help"},
	{"help-why", "why --help"},
	{"help-top", "top --help"},
	{"help-inspect", "inspect --help"},
	{"help-fsck", "fsck --help"},
	{"help-gc", "gc --help"},
	{"help-diff", "diff --help"},

	{"plan", "plan testdata/tiny.db.gz --at 2026-11-22T12:00:00Z"},
	{"plan-json", "plan testdata/tiny.db.gz --at 2026-11-22T12:00:00Z --json"},
	{"plan-usage", "plan testdata/tiny.db.gz --at 2026-11-22T12:00:00Z --usage testdata/usage.txt"},
	{"plan-delete", "plan testdata/tiny.db.gz --at 2026-11-22T12:00:00Z --delete image/default/example.local/scratch:latest --delete container/default/web"},
	{"plan-after", "plan testdata/tiny-collected.db.gz --at 2026-11-22T12:00:00Z"},
	{"plan-labels", "plan testdata/labels.db.gz --at 2026-11-22T11:32:40.613904821Z"},
	{"plan-labels-verbose", "plan testdata/labels.db.gz --at 2026-11-22T11:32:40.613904821Z -v"},
	{"plan-1.7", "plan testdata/labels17.db.gz --at 2026-11-22T12:00:00Z"},
	{"plan-migrates", "plan testdata/labels17.db.gz --at 2026-11-22T12:00:00Z --containerd 2.4"},
	{"plan-older", "plan testdata/labels.db.gz --at 2026-11-22T12:00:00Z --containerd 1.6"},
	{"plan-fails", "plan TMP/fails.db --at 2026-11-22T12:00:00Z"},
	{"plan-future", "plan TMP/future.db --at 2026-11-22T12:00:00Z"},
	{"plan-hostile", "plan TMP/hostile.db --at 2026-11-22T12:00:00Z"},

	{"why", "why testdata/tiny.db.gz web --at 2026-11-22T12:00:00Z"},
	{"why-ambiguous", "why ../../../metadata/testdata/fixtures/c242-basic/before.db.gz base:1.0"},
	{"why-kept", "why testdata/tiny.db.gz snapshot/default/native/web --at 2026-11-22T12:00:00Z"},
	{"why-json", "why testdata/tiny.db.gz snapshot/default/native/web --at 2026-11-22T12:00:00Z --json"},
	{"why-expired-lease", "why testdata/labels.db.gz ingest/default/ing-expired-lease --at 2026-11-22T12:00:00Z"},
	{"why-condition", "why testdata/labels.db.gz cond-bad --at 2026-11-22T12:00:00Z"},
	{"why-flat", "why testdata/labels.db.gz flat-lbl-snap --at 2026-11-22T12:00:00Z"},
	{"why-older", "why testdata/labels.db.gz cond-recent --containerd 2.2 --at 2026-11-22T12:00:00Z"},
	{"why-nothing", "why testdata/labels.db.gz 576c648478a5 --at 2026-11-22T12:00:00Z"},
	{"why-missing", "why testdata/labels.db.gz snapshot/default/native/no-such-snapshot --at 2026-11-22T12:00:00Z"},
	{"why-unknown", "why testdata/tiny.db.gz image/default/example.local/scratch:last --at 2026-11-22T12:00:00Z"},
	{"why-fails", "why TMP/fails.db image/default/example.local/scratch:latest --at 2026-11-22T12:00:00Z"},

	{"top", "top testdata/tiny.db.gz --at 2026-11-22T12:00:00Z"},
	{"top-json", "top testdata/tiny.db.gz --at 2026-11-22T12:00:00Z --json"},
	{"top-labels", "top testdata/labels.db.gz --at 2026-11-22T12:00:00Z -n 3"},

	{"inspect", "inspect testdata/tiny.db.gz"},
	{"inspect-path", "inspect testdata/tiny.db.gz v1/default/images -v"},
	{"inspect-json", "inspect testdata/tiny.db.gz container/default/web --json"},
	{"inspect-message", "inspect testdata/tiny.db.gz v1/default/containers/web/runtime"},
	{"inspect-missing", "inspect testdata/tiny.db.gz v1/default/imags"},
	{"inspect-hostile", "inspect TMP/hostile.db"},

	{"fsck", "fsck testdata/tiny.db.gz --at 2026-11-22T12:00:00Z"},
	{"fsck-json", "fsck testdata/tiny.db.gz --at 2026-11-22T12:00:00Z --json"},
	{"fsck-labels", "fsck testdata/labels.db.gz --at 2026-11-22T12:00:00Z"},
	{"fsck-collected", "fsck testdata/tiny-collected.db.gz --at 2026-11-22T12:00:00Z"},
	{"fsck-root", "fsck TMP/fails.db --root TMP/root --at 2026-11-22T12:00:00Z"},
	{"fsck-sound", "fsck TMP/sound.db --root TMP/root --at 2026-11-22T12:00:00Z"},
	{"fsck-page", "fsck TMP/page.db --at 2026-11-22T12:00:00Z"},
	{"fsck-no-root", "fsck testdata/tiny.db.gz --root TMP/nowhere"},

	{"gc", "gc testdata/tiny.db.gz -o TMP/out.db --at 2026-11-22T12:00:00Z"},
	{"gc-json", "gc testdata/tiny.db.gz -o TMP/out.db --at 2026-11-22T12:00:00Z --json"},
	{"gc-fails", "gc TMP/fails.db -o TMP/none.db --at 2026-11-22T12:00:00Z"},
	{"gc-same", "gc TMP/sound.db -o TMP/link.db"},
	{"gc-unwritable", "gc testdata/tiny.db.gz -o TMP/nowhere/out.db"},
	{"gc-directory", "gc testdata/tiny.db.gz -o TMP/root"},
	{"gc-under-file", "gc testdata/tiny.db.gz -o TMP/text.db/out.db"},
	{"gc-nowhere", "gc testdata/tiny.db.gz"},

	{"diff", "diff testdata/tiny.db.gz testdata/tiny-collected.db.gz"},
	{"diff-json", "diff testdata/tiny.db.gz testdata/tiny-collected.db.gz --json"},
	{"diff-same", "diff testdata/tiny.db.gz testdata/tiny.db.gz"},
	{"diff-fields", "diff testdata/tiny.db.gz TMP/future.db"},
	{"diff-stdin", "diff - -"},
	{"diff-previous", "diff ../../../metadata/testdata/fixtures/c242-tiny/before.db.gz ../../../metadata/testdata/fixtures/c242-tiny/before.db.gz --previous=A"},
	{"diff-salvage", "diff testdata/tiny.db.gz TMP/page.db --salvage"},
	{"diff-side", "diff testdata/tiny.db.gz testdata/tiny.db.gz --salvage=C"},

	{"help-salvage", "salvage --help"},
	{"salvage-scavenge", "salvage ../../../metadata/testdata/fixtures/c242-tiny/before.db.gz --scavenge"},
	{"salvage-scavenge-json", "salvage ../../../metadata/testdata/fixtures/c242-tiny/before.db.gz --scavenge --json"},
	{"salvage-take", "salvage ../../../metadata/testdata/fixtures/c242-tiny/before.db.gz -o TMP/taken.db --take ingest/default/put-sha256:013b691787503c4ca22d4c665205e95212cdde2ea81a6bec1633cb94c88f1c7f"},
	{"salvage-take-unknown", "salvage ../../../metadata/testdata/fixtures/c242-tiny/before.db.gz -o TMP/taken.db --take image/default/nothing"},
	{"salvage-nowhere", "salvage testdata/tiny.db.gz"},
	{"salvage-replace", "salvage testdata/tiny.db.gz -o TMP/taken.db --replace"},
	{"salvage-root", "salvage TMP/page.db --root TMP/root -o TMP/salvaged.db"},

	{"help-replay", "replay --help"},
	{"replay", "replay testdata/replay.jsonl"},
	{"replay-verbose", "replay testdata/replay.jsonl -v --hashes --until 6"},
	{"replay-dump", "replay testdata/replay.jsonl --until 3 --dump"},
	{"replay-json", "replay testdata/replay.jsonl --until 2 --json --hashes"},
	{"replay-text", "replay testdata/usage.txt"},
	{"replay-no-file", "replay TMP/nowhere.jsonl"},
	{"replay-until", "replay testdata/replay.jsonl --until -1"},

	{"help-sim", "sim --help"},
	{"help-campaign", "campaign --help"},
	{"help-campaign-start-sim", "campaign start sim --help"},
	{"help-campaign-work", "campaign work --help"},

	{"error-arguments", "diff testdata/tiny.db.gz"},
	{"error-verb", "pln x"},
	{"error-flag", "plan --frob x"},
	{"error-at", "plan testdata/tiny.db.gz --at yesterday"},
	{"error-containerd", "plan testdata/tiny.db.gz --containerd 3.0"},
	{"error-usage", "plan testdata/tiny.db.gz --usage TMP/text.db"},
	{"error-delete", "plan testdata/tiny.db.gz --delete image/default/nothing"},
	{"error-delete-kind", "plan testdata/labels.db.gz --delete ingest/default/ing-expired-lease"},
	{"error-no-file", "plan TMP/nowhere.db"},
	{"error-empty", "plan TMP/empty.db"},
	{"error-text", "plan TMP/text.db"},
	{"error-truncated", "plan TMP/truncated.db"},
	{"error-truncated-fsck", "fsck TMP/truncated.db"},
	{"error-truncated-gzip", "plan TMP/truncated.db.gz"},
	{"error-page", "plan TMP/page.db"},
	{"error-foreign", "plan TMP/foreign.db"},
	{"error-directory", "plan TMP/root"},

	{"help-serve", "serve --help"},
	{"help-ctl", "ctl --help"},
	{"error-serve-clock", "serve --clock sundial"},
	{"error-serve-rules", "serve --rules 9.9"},
	{"error-serve-start", "serve --start 2026-01-01T00:00:00Z"},
	{"error-serve-address", "serve --address tcp://0.0.0.0:10000"},
	{"error-serve-file", "serve --address TMP/text.db"},
	{"error-ctl-duration", "ctl advance soon"},
	{"error-ctl-fault", "ctl fault remove slow"},
	{"error-ctl-op", "ctl apply collect"},
	{"error-ctl-server", "ctl hash --address TMP/nowhere.sock"},
}

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	writeBrokenFiles(t, dir)
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(strings.Fields(strings.ReplaceAll(g.args, "TMP", dir)), strings.NewReader(""), &stdout, &stderr)
			got := fmt.Sprintf("$ holdfast %s\n%s", g.args, stdout.String())
			if stderr.Len() > 0 {
				got += "--- standard error\n" + stderr.String()
			}
			got = strings.ReplaceAll(got+fmt.Sprintf("--- exit code %d\n", code), dir, "TMP")
			path := filepath.Join("testdata/golden", g.name+".txt")
			checkGolden(t, path, got)
		})
	}
}

// checkGolden compares output with a golden file. With -update it rewrites the file first.
func checkGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\n(-update rewrites it)", path, got, want)
	}
}

// TestNoStrayGolden finds golden files without a command line.
func TestNoStrayGolden(t *testing.T) {
	known := map[string]bool{}
	for _, g := range goldens {
		known[g.name+".txt"] = true
	}
	files, err := os.ReadDir("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("testdata/golden/%s belongs to no test", f.Name())
		}
	}
}

// writeBrokenFiles writes the files in TMP: damaged, foreign and unusual variants of tiny.db.
func writeBrokenFiles(t *testing.T, dir string) {
	t.Helper()
	write := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// edited writes tiny.db with a change, and returns the bytes of the file.
	edited := func(name string, change func(*memkv.Tx) error) []byte {
		t.Helper()
		db, err := boltfile.Open("testdata/tiny.db.gz")
		if err == nil {
			err = db.Update(change)
		}
		if err == nil {
			err = boltfile.WriteFile(filepath.Join(dir, name), db)
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}

	whole := edited("whole.db", func(*memkv.Tx) error { return nil })
	write("truncated.db", whole[:len(whole)/2])
	compressed, err := os.ReadFile("testdata/tiny.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	write("truncated.db.gz", compressed[:len(compressed)/2])
	write("empty.db", nil)
	write("text.db", []byte("this is not a database\n"))
	damaged := bytes.Clone(whole)
	damaged[3*4096]++ // page 3 stores its own number
	write("page.db", damaged)

	edited("fails.db", func(tx *memkv.Tx) error {
		ingest, err := tx.BucketAt("v1", "default", "content").CreateBucketIfNotExists([]byte("ingests"))
		if err == nil {
			ingest, err = ingest.CreateBucket([]byte("upload"))
		}
		if err != nil {
			return err
		}
		return ingest.Put([]byte("expireat"), []byte("tomorrow"))
	})
	edited("future.db", func(tx *memkv.Tx) error { return tx.Bucket([]byte("v1")).Put([]byte("version"), []byte{12}) })
	edited("hostile.db", func(tx *memkv.Tx) error {
		if err := tx.DeleteBucket([]byte("v1")); err != nil {
			return err
		}
		v1, err := tx.CreateBucket([]byte("v1"))
		if err == nil {
			err = v1.Put([]byte("version"), []byte{8})
		}
		for _, name := range []string{"ns", "content", "blob", "\x1b[31mred\xff\n"} {
			if err == nil {
				v1, err = v1.CreateBucket([]byte(name))
			}
		}
		return err
	})
	edited("foreign.db", func(tx *memkv.Tx) error {
		if err := tx.DeleteBucket([]byte("v1")); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("buckets"))
		return err
	})
	edited("sound.db", func(tx *memkv.Tx) error {
		v1 := tx.Bucket([]byte("v1"))
		return v1.DeleteBucket([]byte("default"))
	})
	if err := os.Symlink(filepath.Join(dir, "sound.db"), filepath.Join(dir, "link.db")); err != nil {
		t.Fatal(err)
	}
	write("root/io.containerd.content.v1.content/blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000", []byte("orphan"))
}
