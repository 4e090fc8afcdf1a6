package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Weights make some scenarios likelier. A scenario is drawn by choices, one per axis: for example, the axis
// "actor/forker" has the choices 0 to 3. Each axis has a positive weight for each of its choices; those of an axis
// without an entry are equally likely. See [Axes].
type Weights map[string][]int

// weightMax is the largest valid weight.
const weightMax = 1_000_000

// Axes returns the number of choices of each axis of a scenario.
func Axes() map[string]int {
	axes := map[string]int{
		"rules": 8, "isolated": 4, "namespaces": 3, "images": 6, "names": 5, "collect-every": 6, "clock-every": 5,
		"scheduled": 2, "schedule": len(Schedules()), "faulty": 4, "fault-every": 5,
	}
	for _, k := range actorKinds {
		axes["actor/"+k.name] = 4
	}
	for _, k := range faultKinds {
		axes["fault/"+k.name] = 4
	}
	return axes
}

// String returns the weights in the form that [ParseWeights] reads, with sorted axes, for example
// "faulty=1:2:2:2,isolated=4:1:1:1".
func (w Weights) String() string {
	var parts []string
	for _, axis := range slices.Sorted(maps.Keys(w)) {
		var numbers []string
		for _, n := range w[axis] {
			numbers = append(numbers, strconv.Itoa(n))
		}
		parts = append(parts, axis+"="+strings.Join(numbers, ":"))
	}
	return strings.Join(parts, ",")
}

// ParseWeights parses weights of the form AXIS=WEIGHT:WEIGHT...,... with a weight for each choice. It returns nil for
// an empty text, and otherwise an error that names the wrong part, and the valid names for an unknown axis.
func ParseWeights(text string) (Weights, error) {
	if text == "" {
		return nil, nil
	}
	w := Weights{}
	for _, part := range strings.Split(text, ",") {
		axis, numbers, ok := strings.Cut(part, "=")
		if !ok || w[axis] != nil {
			return nil, fmt.Errorf("weights %q: must be AXIS=WEIGHT:WEIGHT..., once per axis", part)
		}
		for _, number := range strings.Split(numbers, ":") {
			n, err := strconv.Atoi(number)
			if err != nil {
				return nil, fmt.Errorf("weights %q: %q is not a number", part, number)
			}
			w[axis] = append(w[axis], n)
		}
	}
	return w, w.validate()
}

func (w Weights) validate() error {
	axes := Axes()
	for _, axis := range slices.Sorted(maps.Keys(w)) {
		if axes[axis] == 0 {
			return unknownName("axis", axis, slices.Sorted(maps.Keys(axes)))
		}
		if len(w[axis]) != axes[axis] {
			return fmt.Errorf("weights of %q: %d numbers, but the axis has %d choices", axis, len(w[axis]), axes[axis])
		}
		for _, n := range w[axis] {
			if n < 1 || n > weightMax {
				return fmt.Errorf("weights of %q: %d must be from 1 to %d", axis, n, weightMax)
			}
		}
	}
	return nil
}

// A chooser draws the choices of a scenario and records them.
type chooser struct {
	random  *rand.Rand
	weights Weights
	made    map[string]int // by axis
}

// choose draws a number below n.
func (c *chooser) choose(axis string, n int) (choice int) {
	weights := c.weights[axis]
	if weights == nil {
		choice = c.random.IntN(n)
	} else {
		sum := 0
		for _, w := range weights {
			sum += w
		}
		for at := c.random.IntN(sum) - weights[0]; at >= 0; at -= weights[choice] {
			choice++
		}
	}
	c.made[axis] = choice
	return choice
}
