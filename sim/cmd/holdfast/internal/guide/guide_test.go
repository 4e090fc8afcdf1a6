package guide_test

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/guide"
)

// TestWeights counts invented seeds. The choice that leads to the rare mark gets weight, the others lose it, and the
// order of seeds does not matter.
func TestWeights(t *testing.T) {
	whole, even, odd := guide.New(), guide.New(), guide.New()
	for seed := range 1000 {
		forkers := seed % 4
		o := &sim.Outcome{Choices: map[string]int{"actor/forker": forkers, "isolated": seed / 4 % 4}, Marks: map[sim.Mark]int{"common": 3}}
		if forkers == 3 && seed/16%2 == 0 {
			o.Marks["rare"] = 1
		}
		whole.Add(o)
		if seed%2 == 0 {
			even.Add(o)
		} else {
			odd.Add(o)
		}
	}
	w := whole.Weights()
	if f := w["actor/forker"]; f[3] < 4*f[0] || f[0] != f[1] || f[1] != f[2] || f[0] == 0 {
		t.Errorf("forkers: %v", f)
	}
	if i := w["isolated"]; slices.Max(i) > 2*slices.Min(i)+100 {
		t.Errorf("isolated: %v", i)
	}
	odd.Merge(even)
	if !reflect.DeepEqual(odd, whole) || odd.Weights().String() != w.String() {
		t.Error("the order of seeds matters")
	}
	if parsed, err := sim.ParseWeights(w.String()); err != nil || !reflect.DeepEqual(parsed, w) {
		t.Errorf("%v: %v", w, err)
	}
}

// TestNoRareMark has nothing to go by.
func TestNoRareMark(t *testing.T) {
	tally := guide.New()
	if w := tally.Weights(); w != nil {
		t.Errorf("weights of nothing: %v", w)
	}
	tally.Add(&sim.Outcome{Marks: map[sim.Mark]int{"common": 1}})
	if w := tally.Weights(); w != nil {
		t.Errorf("weights without a rare mark: %v", w)
	}
}

var (
	campaigns = flag.Int("guide.campaigns", 0, "number of campaigns that TestGuidance compares (make guidance)")
	ops       = flag.Int("guide.ops", 200, "steps per seed of TestGuidance")
	seeds     = flag.Int("guide.seeds", 300, "seeds per campaign of TestGuidance")
	round     = flag.Int("guide.round", 50, "seeds per round of TestGuidance")
)

// TestGuidance measures after how many seeds guided and uniform campaigns reach each mark, and find each injected bug.
// It prints the medians: for the rarest marks, and for the bugs that take longer than one round.
func TestGuidance(t *testing.T) {
	if *campaigns == 0 {
		t.Skip("-guide.campaigns is not set")
	}
	fmt.Printf("%d campaigns, up to %d seeds with %d steps, rounds of %d seeds\n", *campaigns, *seeds, *ops, *round)
	fmt.Printf("%-60s %9s %9s\n", "median number of seeds until", "uniform", "guided")
	t.Run("marks", func(*testing.T) {
		uniform, guided := campaignsOf("", false), campaignsOf("", true)
		var rows []row
		for _, m := range sim.Marks() {
			rows = append(rows, row{string(m), median(uniform, string(m)), median(guided, string(m))})
		}
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.uniform+b.guided, a.uniform+a.guided) })
		for _, r := range rows[:12] {
			r.print()
		}
	})
	for _, p := range sim.Plants() {
		t.Run(string(p.Name), func(*testing.T) {
			uniform := median(campaignsOf(p.Name, false), failed)
			if int(uniform) > *round {
				row{string(p.Name), uniform, median(campaignsOf(p.Name, true), failed)}.print()
			}
		})
	}
}

func (r row) print() { fmt.Printf("%-60s %9s %9s\n", r.name, r.uniform, r.guided) }

type row struct {
	name            string
	uniform, guided count
}

// A count is a number of seeds, or more than all.
type count int

func (c count) String() string {
	if c == math.MaxInt32 {
		return fmt.Sprint("> ", *seeds)
	}
	return fmt.Sprint(int(c))
}

// failed is the event that an injected bug is found.
const failed = "failed"

// campaignsOf runs campaigns and returns the number of seeds until each event, for each.
func campaignsOf(plant sim.PlantName, guided bool) []map[string]int {
	all := make([]map[string]int, *campaigns)
	var group sync.WaitGroup
	slots := make(chan struct{}, 2)
	for i := range all {
		group.Add(1)
		go func() {
			defer group.Done()
			slots <- struct{}{}
			all[i] = campaign(uint64(i)<<32, plant, guided)
			<-slots
		}()
	}
	group.Wait()
	return all
}

func campaign(first uint64, plant sim.PlantName, guided bool) map[string]int {
	tally, events := guide.New(), map[string]int{}
	c := sim.Config{Ops: *ops, Plant: plant}
	for n := range *seeds {
		if guided && n > 0 && n%*round == 0 {
			c.Weights = tally.Weights()
		}
		c.Seed = first + uint64(n)
		o := sim.Run(c)
		tally.Add(o)
		for m := range o.Marks {
			if events[string(m)] == 0 {
				events[string(m)] = n + 1
			}
		}
		if o.Failure != nil && plant != "" {
			events[failed] = n + 1
			break
		}
	}
	return events
}

func median(campaigns []map[string]int, event string) count {
	var counts []int
	for _, c := range campaigns {
		n := c[event]
		if n == 0 {
			n = math.MaxInt32
		}
		counts = append(counts, n)
	}
	slices.Sort(counts)
	return count(counts[(len(counts)-1)/2])
}
