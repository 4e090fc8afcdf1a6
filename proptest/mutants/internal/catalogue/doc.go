// Package catalogue lists small changes to the project's own code, each of which breaks it, and builds a program with all of
// them, one of which at most is in force.
//
// A [Mutant] is a piece of the source of this module and what takes its place. [Overlay] writes mutated copies of the files,
// with the original beside each change, to a folder of its own, for the go command's -overlay: so the code that people use
// has no seam for it, and a piece of source that has been rewritten since is an error that names the mutant.
package catalogue
