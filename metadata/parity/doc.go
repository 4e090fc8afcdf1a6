// Package parity holds no code of its own: its tests hold metadata equal to
// containerd's package of the same name.
//
// A history is a list of random calls, drawn from one seed. It runs through
// both packages, containerd's over bbolt and ours over memkv, under one fake
// clock and over two instances of the same backends. After every call the
// results, the classes of errors, the events and what reached the backends are
// compared; every so often and at the end the whole bucket tree and the
// backends, byte for byte. A difference that is meant is a row of the table in
// differences_test.go; any other fails the test, which then prints the seed,
// the last calls, both outcomes, a reduced history and the command that
// replays it:
//
//	go test ./metadata/parity -run 'TestParity$' -parity.seed 42
//
// Without end, or for as long or as many calls as one likes:
//
//	go test ./metadata/parity -run 'TestParity$' -timeout 0 -parity.for 1h
//	go test ./metadata/parity -run 'TestParity$' -timeout 0 -parity.calls 5000000
//
// What the histories do not cover: calls made from several goroutines at once,
// and records that were tampered with in a way that makes containerd's
// collection fail, after which it leaks a goroutine that a bubble of synctest
// cannot outlive.
package parity
