package catalogue_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
)

func TestEveryMutantFitsItsFile(t *testing.T) {
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalogue.Overlay(root, t.TempDir(), catalogue.All()); err != nil {
		t.Fatal(err)
	}
}

func TestMutantsAreToldApart(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range catalogue.All() {
		if m.Name == "" || seen[m.Name] {
			t.Errorf("mutant %q: the name is empty or not unique", m.Name)
		}
		seen[m.Name] = true
	}
}

func TestMutantsThatDoNotFitAreErrors(t *testing.T) {
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	const file = "memkv/db.go"
	for _, c := range []struct {
		mutant catalogue.Mutant
		want   string
	}{
		{catalogue.Mutant{Name: "a", File: file, Old: "no such piece", New: "mutated"}, "the file has no"},
		{catalogue.Mutant{Name: "a", File: file, Old: "func", New: "mutated"}, "times"},
		{catalogue.Mutant{Name: "a", File: file, Old: "package memkv", New: "package memkv"}, "always be active"},
		{catalogue.Mutant{Name: "a", File: file, Old: "package memkv", New: "mutated }"}, "mutant \"a\""},
		{catalogue.Mutant{Name: "a", File: "memkv/none.go", Old: "x", New: "mutated"}, "none.go"},
	} {
		_, err := catalogue.Overlay(root, t.TempDir(), []catalogue.Mutant{c.mutant})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.mutant.Old, err, c.want)
		}
	}
}
