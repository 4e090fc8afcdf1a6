package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompareResume compares policies with a journal, and then one more policy with the same journal: it has the nodes
// of the first run, and the answers are those without a journal.
func TestCompareResume(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "nodes.jsonl")
	args := []string{"compare", "--profile", "edge", "--days", "0.5", "--seeds", "2", "--no-clairvoyant", "--json", "kubelet"}
	lines := func() int { return strings.Count(text(t, journal), "\n") }
	if got := holdfast(t, append(args, "--resume", journal)...); got != holdfast(t, args...) || lines() != 1+2 {
		t.Errorf("%d lines, or another answer: %s", lines(), got)
	}
	torn := text(t, journal)
	if err := os.WriteFile(journal, []byte(torn[:len(torn)-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, "lru")
	if got := holdfast(t, append(args, "--resume", journal)...); got != holdfast(t, args...) || lines() != 1+4 {
		t.Errorf("%d lines, or another answer: %s", lines(), got)
	}
}

// TestCompareFleetNames checks the names of nodes: a root directory and a folder's meta.db have the name of their
// directory, and arguments after --from are databases if they exist.
func TestCompareFleetNames(t *testing.T) {
	dir := t.TempDir()
	database := text(t, "testdata/tiny.db.gz")
	for _, name := range []string{"root/io.containerd.metadata.v1.bolt/meta.db", "copy/meta.db", "web.db.gz"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(database), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		after []string
		want  string
	}{
		{"folder", []string{dir}, `"copy", "root", "web.db.gz"`},
		{"arguments", []string{filepath.Join(dir, "root"), "lru", filepath.Join(dir, "web.db.gz"), filepath.Join(dir, "web.db.gz")},
			`"root", "web.db.gz", "web.db.gz (3)"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"compare", "--profile", "edge", "--days", "0.1", "--seeds", "3", "--no-clairvoyant", "--json", "--from"}, c.after...)
			if printed := strings.Join(strings.Fields(holdfast(t, args...)), " "); !strings.Contains(printed, `"nodes": [ `+c.want+" ]") {
				t.Errorf("no nodes %s in %.600s", c.want, printed)
			}
		})
	}
}
