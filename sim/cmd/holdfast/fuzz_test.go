package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

// FuzzFaults parses texts of --faults. An error says which flag and part is wrong. Weights print as a text that parses
// to the same weights.
func FuzzFaults(f *testing.F) {
	for _, text := range []string{"", "none", "crash=3,delay", "crash=0", "crash=1,crash=2", "delay=", "=1", "hang=1001", "none,crash"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := parseFaults(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "--faults ") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if err := (sim.Config{Faults: faults}).Validate(); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var parts []string
		for name, weight := range faults {
			parts = append(parts, fmt.Sprintf("%s=%d", name, weight))
		}
		printed := strings.Join(parts, ",")
		if faults != nil && printed == "" {
			printed = "none"
		}
		if again, err := parseFaults(printed); err != nil || !reflect.DeepEqual(again, faults) {
			t.Fatalf("%q prints as %q, which is %v, %v", text, printed, again, err)
		}
	})
}

// FuzzSeeds parses texts of --seeds.
func FuzzSeeds(f *testing.F) {
	for _, text := range []string{"0", "100", "1..1000", "5..4", "-1", "0..18446744073709551615", "18446744073709551615..18446744073709551615", "1..2..3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, n, ranged, err := seedRange(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "--seeds ") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		printed := fmt.Sprint(n)
		if ranged {
			printed = fmt.Sprintf("%d..%d", first, first+uint64(n-1))
		}
		if printed != text {
			t.Fatalf("%q: %d seeds from %d", text, n, first)
		}
	})
}

// FuzzSimParams makes campaigns of simulations from parameters. If they are valid, a campaign plans each seed once, and
// short runs of its first tasks find nothing, unless a bug is planted.
func FuzzSimParams(f *testing.F) {
	for _, params := range []string{
		`{}`, `{"first":5,"seeds":40,"ops":300,"profile":"swarm","shrink":1}`,
		`{"seeds":3,"profile":"calm","schedule":"watermark","guide":2,"twice":true}`,
		`{"first":18446744073709551615,"seeds":0,"profile":"steady","faults":"crash=3,hang","fault_every":1,"collect_every":2}`,
		`{"seeds":2,"plant":"flat-as-full","shrink":-1}`, `{"profile":"none"}`, `{"guide":-1,"seeds":-3}`, `{"faults":"crash=x"}`, `[]`,
	} {
		f.Add([]byte(params))
	}
	f.Fuzz(func(t *testing.T, params []byte) {
		made, err := newSimJob(&console{}, params, nil)
		if err != nil {
			return
		}
		j := made.(*simJob)
		j.config.Ops = 1 + int(uint(j.config.Ops)%30)
		next := j.params.First
		for round := range 2 {
			for _, task := range j.Plan(fleet.Pace{Room: 2, Workers: 2}) {
				if task.Kind == shrinkTask {
					continue
				}
				if task.First != next || task.Count < 1 || j.params.Seeds > 0 && next-j.params.First+uint64(task.Count) > uint64(j.params.Seeds) {
					t.Fatalf("%s: the campaign plans %d seeds from %d, the next is %d", params, task.Count, task.First, next)
				}
				next += uint64(task.Count)
				if round > 0 {
					continue
				}
				data, err := j.Run(task, func() bool { return false })
				if err != nil {
					t.Fatalf("%s: %v", params, err)
				}
				if err := j.Add(task, fleet.Result{Data: data, Seconds: 1}); err != nil {
					t.Fatalf("%s: %v", params, err)
				}
			}
		}
		if j.params.Plant == "" && len(j.merged.Failures) > 0 {
			t.Fatalf("%s: %+v", params, j.merged.Failures[0].Failure)
		}
		if j.summary().Seeds != j.progress().Done {
			t.Fatalf("%s: %+v", params, j.progress())
		}
	})
}
