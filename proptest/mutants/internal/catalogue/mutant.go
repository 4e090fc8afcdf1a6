package catalogue

import (
	"cmp"
	"path"
)

// A Mutant is a small change to one file that breaks it.
type Mutant struct {
	// Name describes the bug, as in "an ingest expires a moment early". It is unique.
	Name string

	// File is the path of the file, from the root of the module.
	File string

	// Old is a text that occurs exactly once in the file.
	Old string

	// New replaces Old. The word "mutated" stands for a bool that is true if the mutant is active, and "picked(a, b)"
	// for b if it is active and a if not. With an inactive mutant, New must do the same as Old.
	New string

	// Needs is the check that can detect the mutant: a kind of history of the property suite ([Calls], [Faults] or
	// [Interleaving]), or [OwnTests].
	Needs Needs

	// Tests is the folder of the package whose tests must detect the mutant, if it needs [OwnTests]. The default is the
	// folder of File.
	Tests string

	// Run selects some of these tests, like the flag -run. The default is all.
	Run string
}

// Needs is a kind of check.
type Needs string

// The kinds of checks.
const (
	Calls        Needs = "calls"        // calls one after the other
	Faults       Needs = "faults"       // a failing backend, a canceled call, or a crash
	Interleaving Needs = "interleaving" // a call during another, suspended call
	OwnTests     Needs = "own tests"    // the tests of a package; histories rarely or never reach the situation
)

// Tester returns the folder of the package whose tests must detect the mutant, from the root of the module.
func (m Mutant) Tester() string { return cmp.Or(m.Tests, path.Dir(m.File)) }

// All returns all mutants, by layer. A mutant's number is its index plus 1.
func All() []Mutant {
	var all []Mutant
	for _, layer := range [][]Mutant{kv, rules, graph, collection, cleanup, stores, reads, questions, kvOwn, forks, answers} {
		all = append(all, layer...)
	}
	return all
}
