package op

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/holdfast-gc/holdfast/engine/internal/wire"
)

// Version is the version of the form of Ops and traces. It grows when an existing form changes its meaning or
// disappears.
const Version = 1

// An Op is one call to a node, as a value. Its name determines the type of Args: see [ArgsOf].
//
// As JSON an Op is one object that has the fields of the header and of the arguments side by side. Zero fields are
// omitted:
//
//	{"op":"images.create","ns":"default","image":{"name":"alpine","target":{…}}}
//
// A string that isn't UTF-8 is {"b64":"…"}, a 64-bit number is a string of decimal digits, a time has the form of RFC
// 3339, a duration the form of Go. Unknown names and fields are errors.
type Op struct {
	Name Name
	Header
	Args any // nil if all arguments are zero
}

// A Header is the context of a call.
type Header struct {
	Fork     string        // the fork that receives the call; "" is the node itself
	NS       string        // the namespace; "" for none
	Lease    *string       // the lease; nil for none
	Tx       string        // the name of the open transaction in which the call runs; "" for its own
	Epoch    *time.Time    // the source-date epoch; nil for none
	Canceled bool          // the context is canceled before the call
	Timeout  time.Duration // the context ends after this virtual time; 0 for never
	Call     string        // a name for the call, under which it may stay pending: see engine.WithTurns
}

// Parse parses an Op from JSON. Its errors have the class InvalidArgument. String prints the canonical form of each
// accepted input.
func Parse(data []byte) (Op, error) {
	if o, ok := parsePlain(data); ok {
		return o, nil
	}
	o, err := parse(data)
	if err != nil {
		return Op{}, fmt.Errorf("op: %w: %w", err, errInvalid)
	}
	return o, nil
}

// parse parses any form of an Op. It is slower than parsePlain.
func parse(data []byte) (Op, error) {
	object, err := wire.Parse(data)
	if err != nil {
		return Op{}, err
	}
	name, rest, ok := object.Take("op")
	if !ok {
		return Op{}, errors.New(`"op" must be the name of an op`)
	}
	row, ok := RowOf(Name(name))
	if !ok {
		return Op{}, fmt.Errorf("no op %q", name)
	}
	o := Op{Name: row.Name}
	args := reflect.New(row.Args)
	if err := wire.Decode(rest, &o.Header, args.Interface()); err != nil {
		return Op{}, fmt.Errorf("%s: %w", name, err)
	}
	if !args.Elem().IsZero() {
		o.Args = args.Elem().Interface()
	}
	return o, nil
}

// MarshalJSON returns the Op as one line of JSON, even if its name is unknown. It fails on times whose year doesn't
// have four digits.
func (o Op) MarshalJSON() ([]byte, error) { return o.AppendJSON(nil) }

// AppendJSON is [Op.MarshalJSON] that appends to a buffer. After an error, it returns to without the Op.
func (o Op) AppendJSON(to []byte) ([]byte, error) {
	e := wire.Encoder{To: to}
	e.Open()
	if o.Name != "" {
		e.Key("op")
		e.Text(string(o.Name))
	}
	fieldsHeader(&e, &o.Header)
	if encodeArgs(&e, o.Args) && !e.Failed {
		e.Close()
		return e.To, nil
	}
	return appendObject(to, struct{ Op Name }{o.Name}, o.Header, o.Args)
}

// appendObject is wire.AppendObject that returns to after an error.
func appendObject(to []byte, structs ...any) ([]byte, error) {
	longer, err := wire.AppendObject(to, structs...)
	if err != nil {
		return to, err
	}
	return longer, nil
}

// UnmarshalJSON is [Parse].
func (o *Op) UnmarshalJSON(data []byte) (err error) {
	*o, err = Parse(data)
	return err
}

// String returns the Op as JSON. For an Op that has no JSON form it returns the name and the reason.
func (o Op) String() string {
	text, err := o.MarshalJSON()
	if err != nil {
		return fmt.Sprintf("%s(%v)", o.Name, err)
	}
	return string(text)
}

// Arguments that several kinds of Ops have.
type (
	// None is the type of no arguments, and of no result.
	None struct{}
	// Named is a name: of a record, a writer, a transaction, a fork.
	Named struct{ Name string }
	// Identified is an ID.
	Identified struct{ ID string }
	// Filtered selects the records that match at least one of the filters; all of them if there are none.
	Filtered struct{ Filters []string }
)
