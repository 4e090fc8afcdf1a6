package op

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/containerd/errdefs"
)

// A Row describes one kind of Op.
type Row struct {
	Name   Name
	Args   reflect.Type // a struct type; Op.Args is a value of it, or nil
	Result reflect.Type // the type of Result.Value, nil if the call returns no value

	// Access says how the call relates to the node's one writing transaction.
	Access Access

	// Offline is set if the call works while the daemon is dead.
	Offline bool

	// Instant is set if the call never waits, so that it needs no turn: see engine.WithTurns.
	Instant bool

	call func(ctx context.Context, t Target, args any) (any, error) // nil: the engine implements it
}

// Access is how a call relates to the node's one writing transaction.
type Access uint8

// The kinds of access.
const (
	Read      Access = iota // never waits for a writing transaction
	Write                   // waits for the open writing transaction, or runs inside it
	Exclusive               // waits for the open writing transaction; can't run inside one
)

// CallsStore reports whether the row calls a method of [Stores], or of a writer or reader that one opened.
func (r Row) CallsStore() bool { return r.call != nil }

// Call calls the store method of the row. Args is of type r.Args, or nil for zero arguments. The error has the class
// NotImplemented if the target doesn't have the store, or if the row calls no store.
func (r Row) Call(ctx context.Context, t Target, args any) (any, error) {
	if r.call == nil {
		return nil, notImplemented(r.Name)
	}
	return r.call(ctx, t, args)
}

func notImplemented(name Name) error { return fmt.Errorf("op %q: %w", name, errdefs.ErrNotImplemented) }

var rows = map[Name]Row{}

func init() {
	for _, list := range [][]Row{
		namespaceRows, imageRows, containerRows, sandboxRows, leaseRows,
		contentRows, writerRows, readerRows, snapshotRows, nodeRows,
	} {
		for _, r := range list {
			if _, twice := rows[r.Name]; twice {
				panic("op: two rows of " + string(r.Name))
			}
			rows[r.Name] = r
		}
	}
}

// RowOf returns the row of a name; false if no Op has that name.
func RowOf(name Name) (Row, bool) {
	r, ok := rows[name]
	return r, ok
}

// Names returns the names of all kinds of Ops, sorted.
func Names() []Name { return slices.Sorted(maps.Keys(rows)) }

// ArgsOf returns zero arguments of the type that Ops of that name have; false if no Op has that name.
func ArgsOf(name Name) (any, bool) {
	r, ok := rows[name]
	if !ok {
		return nil, false
	}
	return reflect.Zero(r.Args).Interface(), true
}

// ArgsAs returns the arguments of an Op as type A: zero arguments for nil. Other types are errors of class
// InvalidArgument.
func ArgsAs[A any](name Name, args any) (A, error) {
	a, ok := args.(A)
	if !ok && args != nil {
		return a, invalid("op %q has arguments of type %T, not %T", name, a, args)
	}
	return a, nil
}

// reads is a row of a call that never waits for a writing transaction. S is the store that it calls.
func reads[S, A, R any](name Name, store func(Target) S, call func(context.Context, S, A) (R, error)) Row {
	return Row{
		Name: name, Args: reflect.TypeFor[A](), Result: resultType[R](),
		call: func(ctx context.Context, t Target, args any) (any, error) {
			a, err := ArgsAs[A](name, args)
			if err != nil {
				return nil, err
			}
			s := store(t)
			if any(s) == nil {
				return nil, notImplemented(name)
			}
			v, err := call(ctx, s, a)
			return valueOf(v, err)
		},
	}
}

// writes is a row of a call that waits for a writing transaction, or runs inside it.
func writes[S, A, R any](name Name, store func(Target) S, call func(context.Context, S, A) (R, error)) Row {
	r := reads(name, store, call)
	r.Access = Write
	return r
}

// A partial is the value of a call that may return it together with an error, for example the length of a short write.
// Its zero value is no value.
type partial[T any] struct {
	value T
	known bool
}

type partialValue interface {
	valueType() reflect.Type
	get() any
}

func (p partial[T]) valueType() reflect.Type { return reflect.TypeFor[T]() }

func (p partial[T]) get() any {
	if !p.known {
		return nil
	}
	return p.value
}

// resultType returns the type of the values of a call that returns R.
func resultType[R any]() reflect.Type {
	switch r := any(*new(R)).(type) {
	case None:
		return nil
	case partialValue:
		return r.valueType()
	}
	return reflect.TypeFor[R]()
}

// valueOf returns the value of a Result: none beside an error, except for a partial.
func valueOf[R any](v R, err error) (any, error) {
	switch v := any(v).(type) {
	case None:
		return nil, err
	case partialValue:
		return v.get(), err
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}
