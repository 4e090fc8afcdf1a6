// Command mutants shows that the suite of package proptest bites: it breaks the project's own code in some eighty small ways,
// one at a time, and has the suite look for each.
//
//	go run ./proptest/mutants              # all of them, as a table
//	go run ./proptest/mutants -only cursor # those whose name has the word
//	go run ./proptest/mutants -update      # writes MUTANTS.md
//
// A mutant is a piece of source and what takes its place (internal/catalogue). All are compiled into one program, through the
// go command's -overlay, so that what people use has no seam for them; an environment variable says which is in force. That
// program runs the suite on the engine and tells which law failed, after how many cases, and how long the counterexample is.
//
// A mutant that survives makes the command fail; "make test" runs it with -check.
package main
