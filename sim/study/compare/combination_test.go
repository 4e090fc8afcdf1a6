package compare_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// Parts come in any order, an omitted part is the default, and the legend has the parameters that differ from the
// defaults.
func TestParseCombination(t *testing.T) {
	const containerd = "containerd:pause=0.02,deletions=0,mutations=100,delay=0s,startup=100ms"
	const kubelet = "kubelet:high=85,low=80,minage=2m,maxage=0s"
	for spec, want := range map[string][2]string{
		"containerd": {containerd + "+none", "none"},
		"none":       {containerd + "+none", "none"},
		"kubelet":    {containerd + "+" + kubelet, "kubelet"},
		" kubelet:high=85 + containerd:mutations=100 ":               {containerd + "+" + kubelet, "kubelet"},
		"containerd:pause=0.02,mutations=100+kubelet:high=85,low=80": {containerd + "+" + kubelet, "kubelet"},
		"kubelet:high=70,low=60":                                     {containerd + "+kubelet:high=70,low=60,minage=2m,maxage=0s", "kubelet high=70 low=60"},
		"interval:30m+lru:low=70":                                    {"interval:every=30m+lru:high=85,low=70,every=5m", "interval every=30m + lru low=70"},
		"never":                                                      {"never+none", "never"},
		"kubelet+buildkit":                                           {containerd + "+" + kubelet + "+buildkit:defaults=buildkitd", "kubelet + buildkit"},
		"after-deletion+clairvoyant":                                 {"after-deletion+clairvoyant:high=85,low=80,every=5m,idle=0s", "clairvoyant"},
		"buildkit:defaults=dockerd":                                  {containerd + "+buildkit:defaults=dockerd", "buildkit defaults=dockerd"},
	} {
		r := run(t, compare.Study{Profile: "edge", Days: 0.01, Seeds: 1, Policies: policies(t, spec), NoClairvoyant: true})
		if p := r.Policies[0]; p.Spec != want[0] || p.Name != want[1] {
			t.Errorf("%s: %s, %q; want %s, %q", spec, p.Spec, p.Name, want[0], want[1])
		}
	}
}

func TestParseCombinationErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                       `policy "", column 1: unknown; known are the schedules containerd, interval`,
		"kubelt":                 "and the policies none, kubelet",
		"kubelet+":               `policy "", column 9: unknown`,
		"never+interval":         `schedule "interval", column 7: second schedule, after never`,
		"containerd:pause=2":     `key "pause"`,
		"kubelet:high=85,low=90": `"low"`,
		"lru:every=1ms":          `policy "lru": checks every 1ms`,
		"lru:size=1":             `key "size": unknown`,
		"never + lru:size=1":     `policy "lru", column 13: key "size"`,
	} {
		_, err := compare.ParseCombination(spec)
		if !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", spec, err, want)
		}
	}
}

func TestParseCombinations(t *testing.T) {
	list, err := compare.ParseCombinations("# today\nkubelet\n\n  interval:1h + lru # a candidate\n")
	if err != nil || len(list) != 2 || list[1].Collect != "interval:1h" || list[1].Release[0] != "lru" {
		t.Errorf("%+v, %v", list, err)
	}
	for text, want := range map[string]string{"": "no policies", "# none\n": "no policies", "kubelet\n\nkubelt\n": `line 3: policy "kubelt", column 1: unknown`} {
		if _, err := compare.ParseCombinations(text); !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Two combinations of the same name get different names.
func TestNames(t *testing.T) {
	list := policies(t, "kubelet", "lru")
	list[1].Name = "kubelet"
	r := run(t, compare.Study{Profile: "edge", Days: 0.01, Seeds: 1, Policies: list})
	if r.Policies[0].Name != "kubelet" || r.Policies[1].Name != "kubelet (2)" || r.Policies[2].Name != "clairvoyant" {
		t.Errorf("%s, %s, %s", r.Policies[0].Name, r.Policies[1].Name, r.Policies[2].Name)
	}
}

// FuzzParseCombinations parses any text. The parts of each combination parse again as the same combination.
func FuzzParseCombinations(f *testing.F) {
	f.Add("containerd:pause=0.02,mutations=100+kubelet:high=85,low=80\ninterval:1h+lru:high=90 # text")
	f.Add("kubelet high=70 low=60")
	f.Add("kubelet+buildkit:defaults=dockerd")
	f.Add("+")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := compare.ParseCombinations(text)
		if err != nil {
			return
		}
		for _, c := range list {
			parts := slices.Clone(c.Release)
			if c.Collect != "" {
				parts = slices.Insert(parts, 0, c.Collect)
			}
			again, err := compare.ParseCombination(strings.Join(parts, "+"))
			if err != nil || again.Collect != c.Collect || !slices.Equal(again.Release, c.Release) {
				t.Errorf("%q has the parts %q, which parse as %v, %v", text, parts, again, err)
			}
		}
	})
}
