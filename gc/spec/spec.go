package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
)

// A Part is the syntax of one specification: a name and its settings. It never changes.
type Part struct {
	Kind   string // what the name denotes, for errors: "policy", "schedule"
	Name   string
	Groups [][]Setting // one group for each section between semicolons; nil without a colon
}

// A Setting is one key and value of a specification.
type Setting struct {
	Key    string // "" for a value alone
	Value  string
	Equals bool // false for a single word, which is in Value
	Column int  // where the setting starts, in bytes from 1
}

// A Section is the text of one part of a specification that joins several with "+".
type Section struct {
	Text   string
	Column int // where the text starts, in bytes from 1
}

// Sections splits a specification at each "+" and trims spaces.
func Sections(text string) (list []Section) {
	column := 1
	for section := range strings.SplitSeq(text, "+") {
		trimmed := strings.TrimLeft(section, " \t")
		list = append(list, Section{strings.TrimSpace(section), column + len(section) - len(trimmed)})
		column += len(section) + 1
	}
	return list
}

// Parse reads the syntax of a part. Kind names its language in errors. It fails on a colon without settings.
func Parse(kind, text string) (*Part, error) {
	name, rest, colon := strings.Cut(text, ":")
	p := &Part{Kind: kind, Name: name}
	if !colon {
		return p, nil
	}
	column := len(name) + 2
	if rest == "" {
		return nil, &Error{Kind: kind, Name: name, Column: column, Problem: "no parameters after the colon"}
	}
	for group := range strings.SplitSeq(rest, ";") {
		var settings []Setting
		for text := range strings.SplitSeq(group, ",") {
			if group != "" {
				settings = append(settings, newSetting(text, column))
			}
			column += len(text) + 1
		}
		p.Groups = append(p.Groups, settings)
	}
	return p, nil
}

func newSetting(text string, column int) Setting {
	if key, value, ok := strings.Cut(text, "="); ok {
		return Setting{key, value, true, column}
	}
	return Setting{"", text, false, column}
}

// Locate completes an error that a constructor returned for the settings of p: it adds the column of the key.
// Errors of other types are returned unchanged.
func (p *Part) Locate(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Column != 0 {
		return err
	}
	for _, group := range p.Groups {
		for _, s := range group {
			if s.Key == e.Key && e.Key != "" {
				located := *e
				located.Column = s.Column
				return &located
			}
		}
	}
	return err
}

// Unknown returns the error for a name that is not among the known names. It lists these, and then names that are near.
func Unknown(kind, name string, known []string) error {
	return &Error{Kind: kind, Name: name, Problem: unknown(known) + question(name, known)}
}

func unknown(known []string) string { return "unknown; known are " + strings.Join(known, ", ") }

// An Error says which setting of a specification is invalid, where it is, and which inputs are valid.
type Error struct {
	Kind    string // the language: "policy", "schedule"
	Name    string // the name in the specification
	Column  int    // where the problem starts, in bytes from 1; 0 if it has no place
	Key     string // the key of the setting; "" if the problem is not about one
	Problem string
}

// Error returns the error in the form that the package's documentation shows.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s %q", e.Kind, e.Name)
	if e.Column > 0 {
		text += fmt.Sprintf(", column %d", e.Column)
	}
	if e.Key != "" {
		text += fmt.Sprintf(": key %q", e.Key)
	}
	return text + ": " + e.Problem
}

// Unwrap returns errdefs.ErrInvalidArgument.
func (e *Error) Unwrap() error { return errdefs.ErrInvalidArgument }

// Shift moves the column of an error by the place of a section in its specification. Errors of other types are returned
// unchanged.
func (s Section) Shift(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	moved := *e
	moved.Column = s.Column + max(e.Column-1, 0)
	return &moved
}

func index[S any](params []Param[S], key string) int {
	return slices.IndexFunc(params, func(p Param[S]) bool { return p.Key == key || slices.Contains(p.Old, key) })
}
