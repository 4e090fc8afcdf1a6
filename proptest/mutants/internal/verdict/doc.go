// Package verdict is the format in which the program with the mutants reports its result to the command.
package verdict

// A Verdict is the result of the suite for one mutant.
type Verdict struct {
	Law   string   `json:"law"`   // the broken law; "" if the mutant survived
	Cases int      `json:"cases"` // number of histories, of all laws
	Trace []string `json:"trace"` // the counterexample, one Op each
}

// Killed reports whether the suite detected the mutant.
func (v Verdict) Killed() bool { return v.Law != "" }
