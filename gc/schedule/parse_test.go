package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

var began = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)

// A specification prints with every parameter, and the printed text parses to the same specification.
func TestParse(t *testing.T) {
	for spec, want := range map[string]string{
		"containerd": "containerd:pause=0.02,deletions=0,mutations=100,delay=0s,startup=100ms",
		"containerd:pause=0.5,mutations=0,deletions=7,delay=1500ms,startup=0": "containerd:pause=0.5,deletions=7,mutations=0,delay=1.5s,startup=0s",
		"containerd:startup=2d":        "containerd:pause=0.02,deletions=0,mutations=100,delay=0s,startup=2d",
		"interval":                     "interval:every=1h",
		"interval:90m":                 "interval:every=1h30m",
		"interval:every=90s":           "interval:every=1m30s",
		"watermark":                    "watermark:high=85%,pause=1m",
		"watermark:high=50GB,pause=0s": "watermark:high=50GB,pause=0s",
		"watermark:1GiB":               "watermark:high=1GiB,pause=1m",
		"watermark:70%,pause=24h":      "watermark:high=70%,pause=1d",
		"after-deletion":               "after-deletion",
		"on-demand":                    "on-demand",
		"never":                        "never",
	} {
		s, err := schedule.Parse(spec)
		if err != nil || s.String() != want {
			t.Errorf("%s: %s, %v; want %s", spec, s, err, want)
			continue
		}
		if again, err := schedule.Parse(s.String()); err != nil || again != s {
			t.Errorf("%s: parsed again %s, %v", spec, again, err)
		}
		if name, _, _ := strings.Cut(spec, ":"); s.Name() != name || s.Start(began, 100e9) == nil {
			t.Errorf("%s: name %q", spec, s.Name())
		}
	}
	if s := (schedule.Spec{}); s.String() != "containerd:pause=0.02,deletions=0,mutations=100,delay=0s,startup=100ms" || s.Name() != "containerd" {
		t.Errorf("zero: %s", s)
	}
}

// Every parameter reaches the policy.
func TestStart(t *testing.T) {
	for spec, want := range map[string]schedule.Policy{
		"containerd:pause=0.1,deletions=3,mutations=4,delay=5s,startup=6s": schedule.NewContainerd(schedule.Settings{
			PauseThreshold: 0.1, DeletionThreshold: 3, MutationThreshold: 4, ScheduleDelay: 5 * time.Second, StartupDelay: 6 * time.Second,
		}, began),
		"interval:7m":               schedule.NewInterval(7*time.Minute, began),
		"watermark:30%,pause=9s":    schedule.NewWatermark(60, 9*time.Second),
		"watermark:high=5,pause=9s": schedule.NewWatermark(5, 9*time.Second),
		"after-deletion":            schedule.NewAfterDeletion(),
		"on-demand":                 schedule.NewOnDemand(),
		"never":                     schedule.NewNever(),
	} {
		s, err := schedule.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Start(began, 200); got.String() != want.String() {
			t.Errorf("%s: %s, want %s", spec, got, want)
		}
	}
}

// Errors name the policy, the column, the key and the valid names.
func TestParseErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                           `schedule "": unknown; known are containerd, interval`,
		"hourly":                     `schedule "hourly": unknown`,
		"containerd:":                "no parameters after the colon",
		"containerd:pause=0.6":       `key "pause": "0.6" is not a number from 0 to 0.5`,
		"containerd:pause=NaN":       "is not a number",
		"containerd:pause=-1":        "is not a number",
		"containerd:mutation=1":      `key "mutation": unknown; known are pause, deletions, mutations, delay, startup`,
		"containerd:mutations":       `key "mutations": has no value (mutations=VALUE)`,
		"containerd:mutations=-1":    "is not a whole number of at least 0",
		"containerd:mutations=1.5":   "is not a whole number of at least 0",
		"containerd:pause=0,pause=0": `key "pause": given twice`,
		"containerd:delay=1 s":       "is not a duration",
		"containerd:delay=-1s":       "is not a duration",
		"containerd:delay=999999d":   "is not a duration",
		"interval:0s":                `key "every": 0s is not above 0`,
		"interval:every=1h,2h":       `key "2h": unknown`,
		"watermark:high=0%":          `"0%" is not above 0`,
		"watermark:high=101%":        "is not a percentage",
		"watermark:high=10EB":        "is not an amount",
		"watermark:high=99999999TB":  "is not an amount",
		"never:1":                    `schedule "never", column 7: takes no parameters`,
	} {
		_, err := schedule.Parse(spec)
		if !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", spec, err, want)
		}
	}
}

// The documentation names every policy and parameter, with its actual default.
func TestKinds(t *testing.T) {
	for _, k := range schedule.Kinds() {
		var all []string
		for _, p := range k.Params {
			all = append(all, p.Key+"="+p.Default)
			if p.Doc == "" {
				t.Errorf("%s %s has no documentation", k.Name, p.Key)
			}
		}
		spec := strings.TrimSuffix(k.Name+":"+strings.Join(all, ","), ":")
		plain, err := schedule.Parse(k.Name)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := schedule.Parse(spec); err != nil || s != plain || k.Doc == "" {
			t.Errorf("%s: %s, %v; want %s", spec, s, err, plain)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, spec := range []string{"containerd:pause=0.02,mutations=100", "interval:1h", "watermark:85%", "never", "watermark:5GB,pause=2d"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := schedule.Parse(spec)
		if err != nil {
			return
		}
		if again, err := schedule.Parse(s.String()); err != nil || again != s {
			t.Fatalf("%q prints as %q, which is %v, %v", spec, s, again, err)
		}
		s.Start(began, 1<<40)
	})
}
