package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// depthMax is the maximum nesting depth of values.
const depthMax = 32

// An Object is a parsed JSON object: its members in order, with unique keys.
type Object []Member

// A Member is one member of an Object.
type Member struct {
	Key   string
	Value any // nil, bool, json.Number, string, []any or Object
}

// Take returns the value of a string member, and the object without that member.
func (o Object) Take(key string) (value string, rest Object, ok bool) {
	for _, m := range o {
		if text, isText := m.Value.(string); m.Key == key && isText {
			value, ok = text, true
		} else {
			rest = append(rest, m)
		}
	}
	return value, rest, ok
}

// Parse parses one JSON object. Data after the object is an error.
func Parse(data []byte) (Object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	if o, ok := parsePlain(string(data)); ok {
		return o, nil
	}
	return parse(data)
}

// parse parses any object. It is slower than parsePlain.
func parse(data []byte) (Object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("unexpected data after the object")
	}
	o, ok := v.(Object)
	if !ok {
		return nil, errors.New("not an object")
	}
	return o, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	if depth > depthMax {
		return nil, errors.New("nested too deeply")
	}
	token, err := d.Token()
	switch {
	case err == io.EOF:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	case token == json.Delim('['):
		return parseList(d, depth)
	case token == json.Delim('{'):
		return parseObject(d, depth)
	}
	return token, nil
}

func parseList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, ended(err)
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	o := Object{}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, ended(err)
		}
		key, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("a key must be a string, not %v", token)
		}
		if seen[key] {
			return nil, fmt.Errorf("duplicate key %q", key)
		}
		seen[key] = true
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o = append(o, Member{key, v})
	}
	_, err := d.Token()
	return o, ended(err)
}

func ended(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
