package op

import (
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/engine/internal/wire"
)

// The code in codec_generated.go encodes and decodes Ops and results without reflection. It is generated from the types
// of the rows. It handles the common forms; package wire handles all others by reflection, and has the errors. Both
// have the same results.

//go:generate go test . -run TestGeneratedCodeIsCurrent$ -count=1 -update

// decoders read the header and the arguments of Ops after the name, by name.
var decoders map[Name]func(*wire.Decoder, *Op)

// opPrefix begins the common form of an Op.
const opPrefix = `{"op":"`

// parsePlain parses the common form of an Op. It returns false for all other inputs, valid or not.
func parsePlain(data []byte) (o Op, ok bool) {
	if len(data) < len(opPrefix) || string(data[:len(opPrefix)]) != opPrefix || !utf8.Valid(data) {
		return o, false
	}
	d := wire.NewDecoder(string(data))
	d.Object()
	d.Member(0)
	o.Name = Name(d.Text())
	decode := decoders[o.Name]
	if decode == nil {
		return o, false
	}
	decode(d, &o)
	return o, d.Done()
}

// A member function reads the value of a member of A. It returns false if A has no such field.
type member[A any] func(d *wire.Decoder, key string, v *A, seen *uint64) bool

// decodeOp reads the members of an Op after its name. given reports whether arguments are not zero.
func decodeOp[A any](d *wire.Decoder, o *Op, argument member[A], given func(*A) bool) {
	var args A
	var inArgs, inHeader uint64
	for n := 1; ; n++ {
		key, ok := d.Member(n)
		if !ok {
			break
		}
		if argument != nil && argument(d, key, &args, &inArgs) {
			continue
		}
		if !memberHeader(d, key, &o.Header, &inHeader) {
			d.Fail()
		}
	}
	if inArgs != 0 && given(&args) {
		o.Args = args
	}
}

func decodeStruct[T any](d *wire.Decoder, v *T, field member[T]) {
	d.Object()
	var seen uint64
	for n := 0; ; n++ {
		key, ok := d.Member(n)
		if !ok {
			return
		}
		if !field(d, key, v, &seen) {
			d.Fail()
		}
	}
}
