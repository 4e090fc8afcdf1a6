package op_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// fill sets every field of v to a value that is not zero. text is the value of strings.
func fill(t *testing.T, v reflect.Value, text string) {
	t.Helper()
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)))
		return
	case reflect.TypeFor[snapshots.Kind]():
		v.Set(reflect.ValueOf(snapshots.KindCommitted))
		return
	case reflect.TypeFor[message.Any]():
		v.Set(reflect.ValueOf(&message.Message{TypeUrl: "type", Value: []byte(text)}))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-5_000_000_000)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(200)
	case reflect.String:
		v.SetString(text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), text)
		}
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(t, element, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(text).Convert(v.Type().Key()), element)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), text)
			}
		}
	default:
		t.Fatalf("no value of type %s", v.Type())
	}
}

// filled returns an Op of a row whose header and arguments have no zero field.
func filled(t *testing.T, row op.Row, text string) op.Op {
	o := op.Op{Name: row.Name}
	fill(t, reflect.ValueOf(&o.Header).Elem(), text)
	if args := reflect.New(row.Args).Elem(); args.NumField() > 0 {
		fill(t, args, text)
		o.Args = args.Interface()
	}
	return o
}

// TestRoundTrip encodes and parses an Op of every row with zero arguments, with an argument in every field, and with
// strings that are not UTF-8.
func TestRoundTrip(t *testing.T) {
	for _, name := range op.Names() {
		row, _ := op.RowOf(name)
		for kind, o := range map[string]op.Op{
			"zero":   {Name: name},
			"filled": filled(t, row, "text"),
			"binary": filled(t, row, "\xff\x00"),
		} {
			t.Run(fmt.Sprintf("%s/%s", name, kind), func(t *testing.T) {
				line, err := o.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				parsed, err := op.Parse(line)
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if !reflect.DeepEqual(parsed, o) {
					t.Errorf("%s parses as %s", line, parsed)
				}
			})
		}
	}
}

func TestZeroArgumentsAreOmitted(t *testing.T) {
	for _, name := range op.Names() {
		args, _ := op.ArgsOf(name)
		if got, want := (op.Op{Name: name, Args: args}).String(), fmt.Sprintf(`{"op":%q}`, name); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestUnknownNamesAndFields(t *testing.T) {
	for _, name := range op.Names() {
		for _, line := range []string{
			fmt.Sprintf(`{"op":%q}`, name+"x"),
			fmt.Sprintf(`{"op":%q,"unknown":"x"}`, name),
			fmt.Sprintf(`{"op":%q,"NS":"default"}`, name),
		} {
			if o, err := op.Parse([]byte(line)); op.CodeOf(err) != op.InvalidArgument {
				t.Errorf("%s parses as %s, with error %v", line, o, err)
			}
		}
	}
}

// An unsupported error decides by itself which errors it is.
type unsupported struct{ error }

func (unsupported) Is(target error) bool { return target == errdefs.ErrNotImplemented }

// TestCodeOf checks the code of every class, alone and wrapped, and of errors with several classes: the first one of
// Codes counts, wherever it is in the error.
func TestCodeOf(t *testing.T) {
	for _, code := range op.Codes() {
		class := code.Err()
		if class == nil {
			continue // of OK and Pending
		}
		wrapped := fmt.Errorf("image: %w", fmt.Errorf("label: %w", class))
		for _, err := range []error{class, wrapped, errors.Join(os.ErrClosed, wrapped)} {
			if got := op.CodeOf(err); got != code {
				t.Errorf("%v: %s, want %s", err, got, code)
			}
		}
	}
	both := func(a, b error) error { return fmt.Errorf("%w and %w", a, fmt.Errorf("then %w", b)) }
	for _, row := range []struct {
		name string
		err  error
		want op.Code
	}{
		{"a later class comes first", both(errdefs.ErrDataLoss, errdefs.ErrNotFound), op.NotFound},
		{"an earlier class comes first", both(errdefs.ErrNotFound, errdefs.ErrDataLoss), op.NotFound},
		{"a dead daemon is unavailable too", both(op.ErrDown, context.Canceled), op.Down},
		{"an error that decides by itself", both(errdefs.ErrDataLoss, unsupported{os.ErrClosed}), op.NotImplemented},
		{"an error that decides by itself, and an earlier class", both(unsupported{os.ErrClosed}, errdefs.ErrNotFound), op.NotFound},
		{"no class", both(os.ErrClosed, os.ErrExist), op.Unknown},
		{"no error", nil, op.OK},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := op.CodeOf(row.err); got != row.want {
				t.Errorf("%v: %s, want %s", row.err, got, row.want)
			}
		})
	}
}
