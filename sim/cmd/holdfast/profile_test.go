package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

func init() {
	goldens = append(goldens, []struct{ name, args string }{
		{"help-profile", "profile --help"},
		{"profile-list", "profile list"},
		{"error-profile", "profile show k8s"},
		{"error-profile-none", "profile show"},
	}...)
}

// TestProfileShow prints each profile and compares policies on the printed file: the figures are those of the built-in
// profile.
func TestProfileShow(t *testing.T) {
	for _, name := range profile.Names() {
		file := filepath.Join(t.TempDir(), "own.yaml")
		if err := os.WriteFile(file, []byte(holdfast(t, "profile", "show", name)), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"compare", "none", "--days", "0.02", "--seeds", "1", "--no-clairvoyant", "--json"}
		if holdfast(t, append(args, "--profile-file", file)...) != holdfast(t, append(args, "--profile", name)...) {
			t.Errorf("%s: the printed file gives other figures", name)
		}
	}
}

// TestProfileBase compares on a profile that states one difference.
func TestProfileBase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	own := "base: edge\nname: attic\nnode:\n  disk: {value: 64GB, evidence: P, source: a label}\n"
	if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if printed := holdfast(t, "compare", "none", "--profile-file", file, "--days", "0.1", "--seeds", "1"); !strings.HasPrefix(printed, "attic, 0.10 days, 64 GB of disk, 8 GB") {
		t.Error(printed)
	}
}
