// Package log is where the stores log what no error says: containerd's log
// package, with the logger of a context. For wasm, where nobody would read it,
// nothing is logged and no logger is part of the program.
package log
