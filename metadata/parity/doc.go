// Package parity holds only tests. They compare the package metadata with containerd's package of the same name.
//
// A history is a list of random calls, generated from one seed. It runs through both packages, containerd's over bbolt
// and ours over memkv, with one fake clock and with equal backends. After every call, the test compares the results,
// the classes of errors, the events, and the calls that reached the backends. After every 50 calls and at the end, it
// compares the whole bucket tree and the backends byte for byte. Deliberate differences are rows of a table in
// differences_test.go. For any other difference the test prints the seed, the last calls, both outcomes, a reduced
// history, and the command that replays it:
//
//	go test ./metadata/parity -run 'TestParity$' -parity.seed 42
//
// Longer runs, by time or by number of calls:
//
//	go test ./metadata/parity -run 'TestParity$' -timeout 0 -parity.for 1h
//	go test ./metadata/parity -run 'TestParity$' -timeout 0 -parity.calls 5000000
//
// Another test makes equal changes to a bbolt file and to a memkv.DB. It compares the two, and copies of them by each
// way that leads from one database to another. A third draws graphs, and compares the answers of package gc with naive
// walks, which agree with containerd's marking.
//
// Histories do not cover concurrent calls, nor corrupt records that make containerd's collection fail: after such a
// failure containerd leaks a goroutine, which testing/synctest does not allow.
package parity
