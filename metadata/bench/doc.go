// Package bench compares this module's metadata with containerd's own package over bbolt: the same calls on both, in one
// process and in turns of a few calls, so that whatever else the machine does hits both alike. bbolt is at its best, on a
// file in memory that is never synced.
//
//	go test -C metadata/bench -run TestTable -table             the whole table
//	go test -C metadata/bench -run TestTable -table -markdown   as the README has it
//	go test -C metadata/bench -run TestTable -table -only 'image.*objects=1000$'
//	go test ./metadata/bench -run '^$' -bench 'Calls/objects=1000$/image_Create/holdfast' -cpuprofile cpu.out
//
// Times are those that processors worked, which on a machine that does nothing else is the time that goes by. A ratio is
// how many times faster we are. Each turn gives one, from calls next to each other in time; the table has their median
// and their quartiles. Without -table the same calls are made a few times and nothing is timed.
package bench
