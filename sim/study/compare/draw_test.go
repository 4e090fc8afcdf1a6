package compare_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// A load follows its profile, and the same seed gives the same load.
func TestDraw(t *testing.T) {
	for _, name := range profile.Names() {
		p, err := profile.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		starts, running, builds, shared, versions := 0, 0, 0, 0, 0
		const seeds, days = 4, 14
		for seed := range uint64(seeds) {
			l := draw(t, name, seed, days)
			if again := draw(t, name, seed, days); !reflect.DeepEqual(l, again) {
				t.Fatalf("%s, seed %d: another load", name, seed)
			}
			ran := map[*compare.Container]time.Time{}
			layers, latest := map[string]string{}, map[string]string{}
			for i, e := range l.Events {
				if i > 0 && e.At.Before(l.Events[i-1].At) || e.At.Before(l.Start) || e.At.After(l.End) {
					t.Fatalf("%s, seed %d: event %d is at %s", name, seed, i, e.At)
				}
				switch {
				case e.Run != nil && e.At.Equal(l.Start):
					running++
				case e.Run != nil:
					starts++
				case e.Build != nil:
					builds++
				}
				if e.Remove != nil && ran[e.Remove].IsZero() {
					t.Fatalf("%s, seed %d: event %d removes what was not run", name, seed, i)
				}
				if e.Run == nil {
					continue
				}
				ran[e.Run] = e.At
				image := e.Run.Image
				if len(image.Layers) < 1 || image.Size() < 1 || e.Run.Written > int64(p.Node.Disk.Median())/10 {
					t.Errorf("%s, seed %d: %+v", name, seed, e.Run)
				}
				for _, layer := range image.Layers {
					if other, ok := layers[string(layer.Digest)]; ok && other != image.Family {
						shared++
					}
					layers[string(layer.Digest)] = image.Family
				}
				key := image.Namespace + "/" + image.Family
				if before, ok := latest[key]; ok && before != image.Name {
					versions++
				}
				latest[key] = image.Name
			}
		}
		if want := p.Containers.Running.Median(); math.Abs(float64(running)/seeds-want) > 0.01*want {
			t.Errorf("%s: %d containers run at the beginning, want %v each", name, running, want)
		}
		near := func(what string, n int, perDay float64) {
			want := perDay * seeds * days * (5 + 2*p.Containers.Day.Rate(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC))/p.Containers.Day.Rate(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))) / 7
			if math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
				t.Errorf("%s: %d %s, want about %.0f", name, n, what, want)
			}
		}
		near("starts", starts, p.Containers.Starts.Median())
		if p.Builds != nil {
			near("builds", builds, p.Builds.Starts.Median())
		} else if builds > 0 {
			t.Errorf("%s: %d builds", name, builds)
		}
		if shared == 0 || versions == 0 {
			t.Errorf("%s: %d layers shared between images, %d releases", name, shared, versions)
		}
	}
}

// A profile that asks for more than fits into memory is refused.
func TestDrawTooMuch(t *testing.T) {
	text, err := profile.Text("edge")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(text), "value: 5\n", "value: 1000000\n", 1)
	p, err := profile.Parse("own", []byte(own))
	if err != nil || p.Containers.Starts.Median() != 1e6 {
		t.Fatal(err)
	}
	if _, err := compare.Draw(p, 1, engine.Start, 30); !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), "containers.starts") {
		t.Errorf("%v", err)
	}
}
