// Command holdfast answers questions about a containerd metadata database offline: what a garbage collection would
// remove, why an object is still there, which roots hold the bytes, and whether the database is sound. It also simulates
// nodes and compares policies.
//
//	holdfast plan meta.db
//	holdfast why meta.db image/default/docker.io/library/alpine:3.20
//	holdfast help
//
// The exit code is 0 for success, 1 for findings, 2 for a wrong command line, and 3 if a file cannot be read or written.
//
// Each verb has a file of its name: plan.go has the flags, the help text and the printed answer of "holdfast plan". The
// answers come from package metadata/examine, the simulations from package sim, the studies from package
// sim/study/compare. Files in testdata/golden hold the output of each command line in golden_test.go.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
