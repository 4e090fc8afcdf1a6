// Package verdict is what the program with the mutants says to the one that runs it.
package verdict

// A Verdict is what the suite made of a mutant.
type Verdict struct {
	Law   string   `json:"law"`   // that failed; "" if the mutant survived
	Cases int      `json:"cases"` // that it took, of all laws
	Trace []string `json:"trace"` // the counterexample, an Op each
}

// Killed reports whether the suite saw it.
func (v Verdict) Killed() bool { return v.Law != "" }
