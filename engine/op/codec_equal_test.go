package op

import (
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine/internal/wire"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/message"
)

// drawTexts are strings with every kind of escape.
var drawTexts = []string{
	"", "a", "overlayfs", "sha256:ca978112", "\"quoted\"", "back\\slash", "line\nfeed\ttab\b\f\r", "\x00\x1f\x7f", "ü😀\u2028\u2029�", "\xff\xfe", "<&>", "{", "/",
}

// draw sets v and everything below it to random values, each zero now and then.
func draw(r *rand.Rand, v reflect.Value) {
	if r.Intn(4) == 0 {
		return
	}
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		at := time.Unix(r.Int63n(4e9)-1e9, r.Int63n(1e9)).UTC()
		switch r.Intn(12) {
		case 0:
			at = time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC) // has no JSON form
		case 1:
			at = time.Time{}.In(time.FixedZone("", 3600)) // zero, but not the zero value
		case 2:
			at = at.In(time.FixedZone("", -5400))
		}
		v.Set(reflect.ValueOf(at))
		return
	case reflect.TypeFor[message.Any]():
		m := &message.Message{TypeUrl: drawTexts[r.Intn(len(drawTexts))], Value: []byte(drawTexts[r.Intn(len(drawTexts))])}
		if r.Intn(5) == 0 {
			m = nil
		}
		v.Set(reflect.ValueOf(m))
		return
	case reflect.TypeFor[gc.Node]():
		v.Set(reflect.ValueOf(gc.Node{Type: gc.ResourceType(1 + r.Intn(5)), Namespace: "default", Key: drawTexts[r.Intn(len(drawTexts))]}))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int63() - r.Int63())
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(r.Intn(5)))
	case reflect.String:
		v.SetString(drawTexts[r.Intn(len(drawTexts))])
	case reflect.Slice:
		n := r.Intn(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.Intn(12) {
			element := reflect.New(v.Type().Elem()).Elem()
			draw(r, element)
			v.SetMapIndex(reflect.ValueOf(drawTexts[r.Intn(len(drawTexts))]), element)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		draw(r, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				draw(r, v.Field(i))
			}
		}
	}
}

// reflected is an encoding by reflection, or the text of its error.
func reflected(structs ...any) string {
	line, err := wire.AppendObject(nil, structs...)
	if err != nil {
		return err.Error()
	}
	return string(line)
}

func encoded(line []byte, err error) string {
	if err != nil {
		return err.Error()
	}
	return string(line)
}

// TestGeneratedEqualsReflection compares the generated code with package wire on random Ops and results of every row.
func TestGeneratedEqualsReflection(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	plain := 0
	for _, name := range Names() {
		row, _ := RowOf(name)
		for range 60 {
			o := Op{Name: name}
			draw(r, reflect.ValueOf(&o.Header).Elem())
			args := reflect.New(row.Args).Elem()
			draw(r, args)
			o.Args = args.Interface()
			line, want := encoded(o.AppendJSON(nil)), reflected(struct{ Op Name }{o.Name}, o.Header, o.Args)
			if line != want {
				t.Fatalf("the Op is %s, by reflection %s", line, want)
			}
			if compareParsers(t, line) {
				plain++
			}
			if row.Result == nil || row.Result.Kind() == reflect.Interface {
				continue
			}
			value := reflect.New(row.Result).Elem()
			if row.Result.Kind() != reflect.Pointer {
				draw(r, value)
			}
			result := Result{Code: OK, Value: value.Interface(), Error: drawTexts[r.Intn(len(drawTexts))]}
			if line, want := encoded(result.AppendJSON(nil)), reflected(result.fields()); line != want {
				t.Fatalf("the result of %s is %s, by reflection %s", name, line, want)
			}
		}
	}
	if plain < 500 {
		t.Errorf("the generated code parses only %d Ops", plain)
	}
}

// compareParsers parses a line with the generated code and by reflection. It returns whether the generated code accepts
// the line.
func compareParsers(t *testing.T, line string) bool {
	t.Helper()
	o, ok := parsePlain([]byte(line))
	if !ok {
		return false
	}
	want, err := parse([]byte(line))
	if err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("%s\nparses as      %s\nby reflection %s, %v", line, o, want, err)
	}
	return true
}

// oddLines are inputs at the edges of the common form.
var oddLines = []string{
	`{"op":"images.get"}`, `{"op":"images.get","name":"a"} `, `{"op":"images.get","name":"a"}x`, `{"op":"images.get","name":"a","name":"b"}`,
	`{"op":"images.get","ns":"a","ns":"b"}`, `{"op":"images.get","op":"b"}`, `{"op":"images.get",}`, `{"op":"images.get","name":}`,
	`{"op":"images.get","name":{"b64":"/w=="}}`, `{"op":"images.get","name":{"b64":"/w="}}`, `{"op":"images.get","name":{"b64":"/w==","x":1}}`,
	`{"op":"top","limit":-0}`, `{"op":"top","limit":01}`, `{"op":"top","limit":1.0}`, `{"op":"top","limit":1e1}`, `{"op":"top","limit":4294967296}`,
	`{"op":"top","limit":"1"}`, `{"op":"clock.advance","by":"1s","canceled":tru}`, `{"op":"clock.set","to":"0001-01-01T01:00:00+01:00"}`,
	`{"op":"images.list","filters":[]}`, `{"op":"images.list","filters":["a",]}`, `{"op":"images.list","filters":null}`, `{"op":"clock.now","x":1}`,
	`{"op":"namespaces.create","labels":{}}`, `{"op":"namespaces.create","labels":{"a":"b","a":"c"}}`, `{"op":"namespaces.create","labels":[["a","b"]]}`,
	`{"op":"images.delete","target":null}`, `{"op":"images.delete","target":{}}`, `{"op":"containers.create","container":{"spec":null}}`,
	`{"op":"containers.create","container":{"spec":{"typeUrl":"a","typeUrl":"b"}}}`, `{"op":"collectors.get","type":256}`, `{"op":"images.get","lease":""}`,
	`{"op":"writers.commit","size":"+1"}`, `{"op":"writers.commit","size":"01"}`, `{"op":"faults.set","fault":{"delay":"1x"}}`, `{"op":"images.get","name":"` + "\xff" + `"}`,
	`{"op":"images.get","name":"\u0000\"\\\/\ud83d\ude00\ud800x"}`, `{"op":"images.get","name":"\u00"}`, `{"op":"images.get","name":"a\"}`, `{"op":"images.get","name":"a\`,
	`{"op":"images.get","n\u0061me":"a"}`, `{"op":"images.get","name":"\n` + "\n" + `"}`,
}

func TestOddLines(t *testing.T) {
	accepted := 0
	for _, line := range oddLines {
		if compareParsers(t, line) {
			accepted++
		}
	}
	if accepted < 8 || accepted > len(oddLines)/2 {
		t.Errorf("the generated code accepts %d of %d lines", accepted, len(oddLines))
	}
}

// FuzzParsers compares the parsers.
func FuzzParsers(f *testing.F) {
	for _, line := range oddLines {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) { compareParsers(t, line) })
}
