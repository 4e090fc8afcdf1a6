package guide

import (
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/sim"
)

// A Tally counts how often choices of scenarios and marks meet. It is for one goroutine at a time. The order of Add and
// Merge does not matter.
//
// Invariant: all slices have one number per choice, in the order of slots.
type Tally struct {
	Seeds   int                `json:"seeds"`
	Choices []int              `json:"choices"` // seeds by choice
	Marks   map[sim.Mark][]int `json:"marks"`   // seeds that reach the mark, by choice
	Reached map[sim.Mark]int   `json:"reached"` // seeds that reach the mark
}

// slots has the position of the first choice of each axis, and choices the number of all.
var slots, choices = func() (map[string]int, int) {
	first, n := map[string]int{}, 0
	axes := sim.Axes()
	for _, axis := range slices.Sorted(maps.Keys(axes)) {
		first[axis] = n
		n += axes[axis]
	}
	return first, n
}()

// New returns the tally of no seeds.
func New() *Tally {
	return &Tally{Choices: make([]int, choices), Marks: map[sim.Mark][]int{}, Reached: map[sim.Mark]int{}}
}

// Add counts an outcome.
func (t *Tally) Add(o *sim.Outcome) {
	var made []int
	for axis, choice := range o.Choices {
		made = append(made, slots[axis]+choice)
		t.Choices[slots[axis]+choice]++
	}
	t.Seeds++
	for m := range o.Marks {
		t.Reached[m]++
		counts := t.mark(m)
		for _, slot := range made {
			counts[slot]++
		}
	}
}

// Merge adds the counts of other seeds.
func (t *Tally) Merge(other *Tally) {
	t.Seeds += other.Seeds
	addTo(t.Choices, other.Choices)
	for m, n := range other.Reached {
		t.Reached[m] += n
		addTo(t.mark(m), other.Marks[m])
	}
}

func (t *Tally) mark(m sim.Mark) []int {
	if t.Marks[m] == nil {
		t.Marks[m] = make([]int, choices)
	}
	return t.Marks[m]
}

func addTo(sum, numbers []int) {
	for i, n := range numbers {
		sum[i] += n
	}
}

const (
	million   = 1_000_000 // rates are in parts per million
	rareRate  = 200_000   // a mark is rare if at most this part of the seeds reaches it
	prior     = 20        // number of imaginary seeds of the average rate, which damp the rates of few seeds
	weightOne = 100       // the weight of a choice that changes nothing
	weightMin = 25        // every scenario stays possible
	weightMax = 400
)

// Weights returns the weights for further seeds. The weight of a choice is the square of its lift: how much likelier it
// makes the rare marks, on average over these marks. It returns nil if no rare mark was reached.
func (t *Tally) Weights() sim.Weights {
	var rare []sim.Mark
	for m, n := range t.Reached {
		if n*million <= t.Seeds*rareRate {
			rare = append(rare, m)
		}
	}
	if len(rare) == 0 {
		return nil
	}
	w := sim.Weights{}
	for axis, n := range sim.Axes() {
		numbers := make([]int, n)
		for c := range n {
			slot := slots[axis] + c
			lift := 0 // the sum over the marks, in parts per thousand
			for _, m := range rare {
				rate := t.Reached[m] * million / t.Seeds
				lift += (t.Marks[m][slot]*million + prior*rate) / (t.Choices[slot] + prior) * 1000 / max(rate, 1)
			}
			lift /= len(rare)
			numbers[c] = min(max(weightOne*lift*lift/1_000_000, weightMin), weightMax)
		}
		w[axis] = numbers
	}
	return w
}
