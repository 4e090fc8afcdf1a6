// Package bench compares this module's metadata with containerd's own package over bbolt. Both run the same calls and
// take turns, so other load on the machine affects both alike. bbolt runs in its best case: a file on tmpfs that is
// never synced.
//
// Calls are measured on new databases, in one process. Collections, the waits beside them, and memory are measured on
// aged databases, in a process for each implementation.
//
//	go test -C metadata/bench -run TestMeasure -measure                              prints the whole table
//	go test -C metadata/bench -run TestMeasure -measure -only 'image.*size=1000$'    measures some rows
//	go test ./metadata/bench -run '^$' -bench 'Collect/100k'                         collections of this module alone
//	go test ./metadata/bench -run '^$' -bench 'Waits/100k' -benchtime 3x             waits beside them
//	go test ./metadata/bench -run '^$' -bench 'Heap/100k' -benchtime 1x              bytes per object
//	go test ./metadata/bench -run '^$' -bench 'Peer/100k'                            collections of containerd's package
//	go test ./metadata/bench -run '^$' -bench 'Calls/size=1000$/call=image_Create/impl=holdfast' -cpuprofile cpu.out
//
// Times of calls are CPU times. A ratio says how many times faster Holdfast is. It is taken from samples that were
// measured next to each other in time; the table has the median and the quartiles.
//
// `make bench` saves the samples of a run in the folder history, in the format of Go benchmarks. `make bench-compare`
// compares two runs with benchstat. `make figures` publishes one run: it rewrites the package figures and the generated
// blocks of docs/BENCHMARKS.md and the README. Without flags, the tests make each call a few times, measure nothing,
// and compare the published figures with their run.
package bench
