package engine

import (
	"maps"
	"reflect"
	"slices"
)

// A row says how one kind of Op is applied.
type row struct {
	name    string
	args    reflect.Type
	writes  bool // it would wait for a writing transaction that is open
	alone   bool // even for one that it is told to take part in
	offline bool // it needs no daemon
	instant bool // it never waits
	apply   func(c *call, args any) (any, error)
}

// rows are all kinds of Ops by name.
var rows map[string]row

func init() {
	rows = map[string]row{}
	for _, list := range [][]row{
		namespaceRows, imageRows, containerRows, sandboxRows, leaseRows,
		contentRows, handleRows, snapshotRows, transactionRows,
		collectRows, questionRows, worldRows, callRows,
	} {
		for _, r := range list {
			rows[r.name] = r
		}
	}
}

// Ops returns the names of all kinds of Ops, sorted.
func Ops() []string { return slices.Sorted(maps.Keys(rows)) }

// ArgsOf returns arguments, all of them zero, of the type that Ops of that name
// have; false if there are none of that name.
func ArgsOf(name string) (any, bool) {
	r, ok := rows[name]
	if !ok {
		return nil, false
	}
	return reflect.Zero(r.args).Interface(), true
}

// reads is an Op that waits for nobody.
func reads[A any](name string, apply func(c *call, args A) (any, error)) row {
	return row{name: name, args: reflect.TypeFor[A](), apply: func(c *call, args any) (any, error) {
		if args == nil {
			return apply(c, *new(A))
		}
		a, ok := args.(A)
		if !ok {
			return nil, invalid("op %q has arguments of type %T, not %T", name, a, args)
		}
		return apply(c, a)
	}}
}

// writes is an Op that waits for a writing transaction to end.
func writes[A any](name string, apply func(c *call, args A) (any, error)) row {
	r := reads(name, apply)
	r.writes = true
	return r
}

// alone is an Op that can take part in no transaction.
func alone[A any](name string, apply func(c *call, args A) (any, error)) row {
	r := writes(name, apply)
	r.alone = true
	return r
}

// around is an Op on what is around the daemon, which need not run.
func around[A any](name string, apply func(c *call, args A) (any, error)) row {
	r := reads(name, apply)
	r.offline, r.instant = true, true
	return r
}

// starts is an Op that starts a daemon.
func starts(name string, apply func(c *call) error) row {
	r := reads(name, func(c *call, _ None) (any, error) { return nil, apply(c) })
	r.offline = true
	return r
}

// returned is the value of a call and its error: no value with an error.
func returned[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Arguments that several kinds of Ops have.
type (
	// None are no arguments.
	None struct{}
	// Named names something: an image, a handle.
	Named struct{ Name string }
	// Identified identifies something.
	Identified struct{ ID string }
	// Filtered asks for those of a kind that pass one of the filters.
	Filtered struct{ Filters []string }
)
