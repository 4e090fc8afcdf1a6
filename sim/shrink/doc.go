// Package shrink shortens a failing trace of Ops. It removes Ops, then fields of the remaining Ops, and finally
// shortens names, as long as the trace still fails.
//
//	short := shrink.Trace(trace, fails, nil)
package shrink
