// Command holdfast answers questions about a containerd metadata database, offline: what would its garbage collection
// remove, why is this still here, who holds the bytes, is the database sound.
//
//	holdfast plan meta.db
//	holdfast why meta.db image/default/docker.io/library/alpine:3.20
//	holdfast help
//
// Exit codes: 0 all is well, 1 there are findings, 2 the command line is wrong, 3 a file cannot be read or written.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
