package engine

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/holdfast-gc/holdfast/engine/internal/wire"
)

// OpVersion is the version of the form of Ops and traces. It grows when something
// that could be said means something else or can't be said any more.
const OpVersion = 1

// An Op is one call to a node, as a value: it can be printed, parsed, kept and
// applied. Its name says which call, and so which type Args has: see Ops.
//
// As JSON it is one object, with the header's and the arguments' fields side by
// side; fields that are zero are left out:
//
//	{"op":"images.create","ns":"default","image":{"name":"alpine","target":{…}}}
//
// Strings that aren't UTF-8 are {"b64":"…"}, numbers of 64 bits strings of decimal
// digits, times as in RFC 3339, durations as in Go. What isn't known is an error.
type Op struct {
	Name string
	Header
	Args any // nil for arguments that are all zero
}

// A Header says in which circumstances a call is made.
type Header struct {
	Fork     string        // the fork on which it is made; "" for the node itself
	NS       string        // the namespace of its context; "" for none
	Lease    *string       // the lease of its context
	Tx       string        // the transaction in which it takes part, by the name it was begun under
	Epoch    *time.Time    // the source-date epoch of its context
	Canceled bool          // its context is canceled before it
	Timeout  time.Duration // its context ends after so long, in virtual time; 0 for never
	Call     string        // a name for the call, so that it may be left waiting: see WithTurns
}

// ParseOp reads an Op as JSON. What it accepts, String prints in one form.
func ParseOp(data []byte) (Op, error) {
	op, err := parseOp(data)
	if err != nil {
		return Op{}, fmt.Errorf("op: %w: %w", err, errInvalid)
	}
	return op, nil
}

func parseOp(data []byte) (Op, error) {
	o, err := wire.Parse(data)
	if err != nil {
		return Op{}, err
	}
	name, rest, ok := o.Take("op")
	if !ok {
		return Op{}, errors.New(`"op" must be the name of an op`)
	}
	r, ok := rows[name]
	if !ok {
		return Op{}, fmt.Errorf("no op %q", name)
	}
	op := Op{Name: name}
	args := reflect.New(r.args)
	if err := wire.Decode(rest, &op.Header, args.Interface()); err != nil {
		return Op{}, fmt.Errorf("%s: %w", name, err)
	}
	if !args.Elem().IsZero() {
		op.Args = args.Elem().Interface()
	}
	return op, nil
}

// MarshalJSON returns the Op as one line of JSON, whether or not its name is
// known. It fails on times whose year doesn't have four digits.
func (op Op) MarshalJSON() ([]byte, error) {
	return wire.AppendObject(nil, struct{ Op string }{op.Name}, op.Header, op.Args)
}

// UnmarshalJSON is ParseOp.
func (op *Op) UnmarshalJSON(data []byte) (err error) {
	*op, err = ParseOp(data)
	return err
}

// String returns the Op as JSON, or why it has none.
func (op Op) String() string {
	text, err := op.MarshalJSON()
	if err != nil {
		return fmt.Sprintf("%s(%v)", op.Name, err)
	}
	return string(text)
}
