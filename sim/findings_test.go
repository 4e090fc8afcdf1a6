package sim_test

import (
	"os"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// leaks are the findings in which containerd's clean-up leaves an orphan.
var leaks = map[string]bool{"2": true, "3": true, "6": true, "7": true, "8": true, "10": true}

// TestFindings checks the traces in FINDINGS.md. The oracle finds nothing wrong, except for the orphans that
// containerd's own clean-up leaves.
func TestFindings(t *testing.T) {
	text, err := os.ReadFile("FINDINGS.md")
	if err != nil {
		t.Fatal(err)
	}
	setup := engine.Setup{Holdfast: op.Version, Unscheduled: true, Turns: true}
	found := strings.Split(string(text), "\n## ")[1:]
	for _, section := range found {
		number, _, _ := strings.Cut(section, ".")
		var trace []engine.Op
		for line := range strings.Lines(section) {
			if o, ok := strings.CutPrefix(line, "    "); ok {
				parsed, err := op.Parse([]byte(o))
				if err != nil {
					t.Fatalf("%s: %v", number, err)
				}
				trace = append(trace, parsed)
			}
		}
		if f, err := sim.Check(setup, trace, ""); err != nil || f != nil {
			t.Errorf("%s: %+v, %v", number, f, err)
		}
		f, err := sim.Check(setup, trace, sim.CleanupOnce)
		if err != nil || leaks[number] != (f != nil && f.Rule == oracle.OrphanRemains) {
			t.Errorf("%s, cleaned up once: %+v, %v", number, f, err)
		}
	}
	if len(found) < len(leaks) {
		t.Errorf("only %d sections", len(found))
	}
}
