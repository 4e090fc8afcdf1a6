// Command mutants checks that the suite of package proptest detects bugs. It injects some eighty bugs into the
// project's own code, one at a time, and runs the suite on each.
//
//	go run ./proptest/mutants              # all mutants, as a table
//	go run ./proptest/mutants -only cursor # the mutants with this word in their name
//	go run ./proptest/mutants -update      # writes MUTANTS.md
//
// A mutant replaces a piece of source by another (internal/catalogue). All mutants are compiled into one program with
// the go command's -overlay, so the code that users import has no hooks for them. An environment variable selects the
// active mutant. The program runs the suite on the engine and reports the broken law, the number of cases and the
// counterexample.
//
// The command fails if a mutant survives. "make test" runs it with -check.
package main
