// Package catalogue lists the mutants: small changes to the project's own code, each of which is a bug. It prepares a
// program that has all of them, with at most one active.
//
// A [Mutant] replaces a piece of this module's source by another. [Overlay] writes mutated copies of the files to a
// separate folder, for the go command's -overlay. Each copy has the original beside the change. So the code that users
// import has no hooks for mutants, and a mutant of a piece of source that has changed since is an error.
package catalogue
