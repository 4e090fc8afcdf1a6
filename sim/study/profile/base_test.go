package profile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// TestBase reads a profile that states only differences: all other figures are those of its base.
func TestBase(t *testing.T) {
	own, err := profile.Parse("own", []byte(`
base: k8s-node
name: our-nodes
node:
  disk: {value: 200GB, evidence: P, source: our cloud}
containers:
  starts: {value: 7, evidence: P, source: our cluster}
`))
	if err != nil {
		t.Fatal(err)
	}
	base, err := profile.Load("k8s-node")
	if err != nil {
		t.Fatal(err)
	}
	if own.Name != "our-nodes" || own.About != base.About || len(own.Figures()) != len(base.Figures()) {
		t.Errorf("%q, %q, %d figures", own.Name, own.About, len(own.Figures()))
	}
	changed := map[string]float64{"node.disk": 200e9, "containers.starts": 7}
	for i, f := range own.Figures() {
		of := base.Figures()[i].Figure
		want, own := changed[f.Key]
		if !own {
			want = of.Median()
		}
		if f.Figure.Median() != want || own == (f.Figure.Source == of.Source) {
			t.Errorf("%s: median %v, want %v; source %q", f.Key, f.Figure.Median(), want, f.Figure.Source)
		}
	}
}

// TestBaseErrors checks that errors have the line of the own file.
func TestBaseErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown base", "name: x\nbase: k9s-node\n", `line 2: file: base: profile "k9s-node": known are k8s-node`},
		{"no name", "base: edge\n", `key "name" is missing`},
		{"unknown key", "base: edge\nname: x\nnode:\n  dusk: {value: 1GB}\n", `line 4: node: unknown key "dusk"; known are disk, other`},
		{"unknown section", "base: edge\nname: x\nnodes: {}\n", `unknown key "nodes"; known are base, name`},
		{"incomplete figure", "base: edge\nname: x\nnode:\n  disk: {value: 1GB}\n", `"evidence" is missing`},
		{"twice", "base: edge\nname: x\nnode: {other: {value: 1GB, evidence: P, source: s}, other: {value: 2GB, evidence: P, source: s}}\n", `"other" is there twice`},
		{"new section", "base: edge\nname: x\ntenants: {}\n", `key "popularity" is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := profile.Parse("own", []byte(c.text)); !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
