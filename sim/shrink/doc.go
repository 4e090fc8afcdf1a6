// Package shrink makes a trace of Ops that fails shorter, as long as it fails: first it leaves out Ops, then
// fields of those that remain, and at last it makes their names short.
//
//	short := shrink.Trace(trace, fails, nil)
package shrink
