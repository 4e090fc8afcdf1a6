package spec

import (
	"fmt"
	"strings"
)

// A Param is one parameter of a row, for settings of type S.
type Param[S any] struct {
	Key   string
	Old   []string // deprecated keys that mean the same
	Doc   string
	Value func(*S) Value // binds the parameter to its field; see [Percent], [Duration], ...
}

// Assign sets the fields of into by one group of settings. Fields without a setting keep their values. Also lists keys
// that are known elsewhere, for the error.
func Assign[S any](part *Part, group []Setting, params []Param[S], into *S, also ...string) error {
	seen := map[string]bool{}
	for i, s := range group {
		key := s.Key
		if !s.Equals {
			if index(params, s.Value) >= 0 || i > 0 || len(params) == 0 {
				key = s.Value
			} else {
				key = params[0].Key
			}
		}
		e := &Error{Kind: part.Kind, Name: part.Name, Column: s.Column, Key: key}
		at := index(params, key)
		switch {
		case len(params) == 0:
			e.Key, e.Problem = "", "takes no parameters"
			return e
		case at < 0:
			e.Problem = unknown(append(also, keys(params)...))
			return e
		}
		e.Key = params[at].Key
		switch {
		case s.Value == "" || !s.Equals && index(params, s.Value) >= 0:
			e.Problem = fmt.Sprintf("has no value (%s=VALUE)", e.Key)
			return e
		case seen[e.Key]:
			e.Problem = "given twice"
			return e
		}
		seen[e.Key] = true
		if err := params[at].Value(into).Set(s.Value); err != nil {
			e.Problem = err.Error()
			return e
		}
	}
	return nil
}

// AssignAll sets the fields of into by all settings of a part. It fails on a part of several groups.
func AssignAll[S any](part *Part, params []Param[S], into *S) error {
	switch {
	case len(part.Groups) == 0:
		return nil
	case len(part.Groups) > 1:
		return &Error{Kind: part.Kind, Name: part.Name, Problem: "takes one group of parameters, without a semicolon"}
	}
	return Assign(part, part.Groups[0], params, into)
}

// Print returns the settings as [Assign] reads them: every parameter whose value is not empty, in the order of the
// table.
func Print[S any](params []Param[S], s S) string {
	var list []string
	for _, p := range params {
		if value := p.Value(&s).String(); value != "" {
			list = append(list, p.Key+"="+value)
		}
	}
	return strings.Join(list, ",")
}

func keys[S any](params []Param[S]) (list []string) {
	for _, p := range params {
		list = append(list, p.Key)
	}
	return list
}

// A Row describes one name of a language, for help texts and completion.
type Row struct {
	Name, Doc string
	Params    []ParamDoc
}

// A ParamDoc describes one parameter.
type ParamDoc struct {
	Key     string
	Default string   // "" for none
	Type    string   // "percent from 0 to 100"
	Choices []string // all valid values, if they are few
	Doc     string
}

// Describe returns the documentation of parameters, with the defaults in s.
func Describe[S any](params []Param[S], s S) (list []ParamDoc) {
	for _, p := range params {
		v := p.Value(&s)
		d := ParamDoc{Key: p.Key, Default: v.String(), Type: v.Type(), Doc: p.Doc}
		if c, ok := v.(interface{ Choices() []string }); ok {
			d.Choices = c.Choices()
		}
		list = append(list, d)
	}
	return list
}

// Usage returns the row as a specification with every default: "lru:high=85,low=80,every=5m".
func (r Row) Usage() string {
	var list []string
	for _, p := range r.Params {
		if p.Default != "" {
			list = append(list, p.Key+"="+p.Default)
		}
	}
	if len(list) == 0 {
		return r.Name
	}
	return r.Name + ":" + strings.Join(list, ",")
}

// Names returns the names of rows, in order.
func Names(rows []Row) (list []string) {
	for _, r := range rows {
		list = append(list, r.Name)
	}
	return list
}

// Complete returns the texts that extend the last word of an incomplete specification: names, then keys, then the
// values of parameters with few choices. For example, "never+kubelet:hi" gives "never+kubelet:high=".
func Complete(rows []Row, text string) (list []string) {
	cut := strings.LastIndex(text, "+") + 1
	name, settings, colon := strings.Cut(text[cut:], ":")
	if !colon {
		for _, r := range rows {
			if strings.HasPrefix(r.Name, name) {
				list = append(list, text[:cut]+r.Name)
			}
		}
		return list
	}
	last := settings[strings.LastIndexAny(settings, ",;")+1:]
	before := text[:len(text)-len(last)]
	for _, r := range rows {
		for _, p := range r.Params {
			switch key, value, equals := strings.Cut(last, "="); {
			case r.Name != name:
			case !equals && strings.HasPrefix(p.Key, last):
				list = append(list, before+p.Key+"=")
			case equals && p.Key == key:
				for _, c := range p.Choices {
					if strings.HasPrefix(c, value) {
						list = append(list, before+key+"="+c)
					}
				}
			}
		}
	}
	return list
}
