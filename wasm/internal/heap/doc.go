// Package heap paces Go's garbage collector in the module, whose memory never shrinks: an instance keeps the largest
// size that its heap ever had.
//
// The module has one thread, and its goroutines run only during calls. A collection that the runtime begins on its own
// therefore lasts until many calls later, while the heap grows. So the module collects between calls, when it has
// allocated enough, and lets the runtime begin a collection only within a call that allocates much more.
package heap
