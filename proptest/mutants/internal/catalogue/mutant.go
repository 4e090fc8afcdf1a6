package catalogue

// A Mutant is a small change to one file that breaks it.
type Mutant struct {
	// Name says what is broken, as in "an ingest expires a moment early". It is unique.
	Name string

	// File is the file's path from the root of the module.
	File string

	// Old is a piece of the file that occurs in it once.
	Old string

	// New takes its place. In it, the word "mutated" is whether the mutant is in force, and "picked(a, b)" is b if it is, else
	// a: when it isn't in force, New does what Old does.
	New string

	// Needs is what it takes to see it: [Calls], [Faults] or [Interleaving].
	Needs Needs
}

// Needs says by what kind of history a mutant can be seen.
type Needs string

// What it takes to see a mutant.
const (
	Calls        Needs = "calls"        // calls one after the other
	Faults       Needs = "faults"       // a backend that fails, a call that is cancelled, or a crash
	Interleaving Needs = "interleaving" // a call that is made while another waits
)

// All returns the catalogue, in the order of the layers. A mutant's number is its index plus 1.
func All() []Mutant {
	var all []Mutant
	for _, layer := range [][]Mutant{kv, rules, graph, collection, cleanup, stores} {
		all = append(all, layer...)
	}
	return all
}
