package compare

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Range is a specification with ranges, such as "kubelet:high=70..90/5,low=60..85", and the combinations that it
// stands for.
type Range struct {
	Text     string
	Axes     []spec.Axis
	Settings []Setting // at least one, in the order of the grid

	// LeftOut counts the points of the grid that are no valid combinations, such as high=70,low=80. Example is one of
	// them, and Problem its error.
	LeftOut int
	Example string
	Problem error
}

// A Setting is one point of a range.
type Setting struct {
	Combination
	At []int // the index of its value on each axis
}

// ParseRange reads a combination whose values may be ranges, as [spec.Grid] describes them. Error: ErrInvalidArgument;
// if no point of the grid is valid, that of the first point.
func ParseRange(text string) (*Range, error) {
	grid, err := spec.ParseGrid("policy", text)
	if err != nil {
		return nil, err
	}
	r := &Range{Text: text, Axes: grid.Axes}
	for i := range grid.Size() {
		c, err := ParseCombination(grid.At(i))
		if err == nil {
			r.Settings = append(r.Settings, Setting{c, grid.Indices(i)})
			continue
		}
		if r.LeftOut++; r.LeftOut == 1 {
			r.Example, r.Problem = grid.At(i), err
		}
	}
	switch {
	case len(r.Settings) > 0:
		return r, nil
	case len(grid.Axes) == 0:
		return nil, r.Problem
	}
	return nil, fmt.Errorf("no setting of %s is valid; the first is %s: %w", text, r.Example, r.Problem)
}

// Combinations returns the combinations of the settings. The caller owns the slice.
func (r *Range) Combinations() (list []Combination) {
	for _, s := range r.Settings {
		list = append(list, s.Combination)
	}
	return list
}

// Note describes the points that were left out; "" for none.
func (r *Range) Note() string {
	if r.LeftOut == 0 {
		return ""
	}
	return fmt.Sprintf("%d of the %d settings of %s are not valid and left out, such as %s: %v", r.LeftOut,
		r.LeftOut+len(r.Settings), r.Text, r.Example, r.Problem)
}
