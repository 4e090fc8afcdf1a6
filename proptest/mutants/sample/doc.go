// Command sample measures how many generated mutants of a package its tests detect.
//
//	go run ./proptest/mutants/sample -n 10 gc                 # ten mutants of gc, tested by gc's own tests
//	go run ./proptest/mutants/sample -suites ./... gc         # the survivors also by all packages
//	go run ./proptest/mutants/sample -own=false -suites ./sim gc # only by the simulator
//
// A generated mutant negates a condition, shifts a comparison or a number by one, drops a statement, or swaps two
// arguments. A seed selects the sample. Mutants that do not compile do not count. With -log, results are kept, and the
// next run continues after them. An interrupt ends a run with the rate so far.
//
// The mutants of a sample are compiled together: each function with mutants gets a mutated copy of itself for each, and
// an environment variable selects the copy that runs. The go command's -overlay replaces the files, so the source stays
// as it is. The tests run in the order of the time that they need without a mutant, until one fails.
//
// The command prints the rate of detected mutants with its 95 % interval, and each survivor. A survivor either shows a
// missing test, or behaves as the original does: then equivalent.txt names it, with the reason, and it does not count.
package main
