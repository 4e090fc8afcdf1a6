package policy_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

func TestParseFillsInTheDefaults(t *testing.T) {
	for spec, want := range map[string]string{
		"none":                              "none",
		"kubelet":                           "kubelet:high=85,low=80,minage=2m,maxage=0s",
		"kubelet:maxage=14d,low=70%":        "kubelet:high=85,low=70,minage=2m,maxage=14d",
		"docker":                            "docker:command=system,all=false,until=0s,every=1d",
		"docker:image,until=7d,all=true":    "docker:command=image,all=true,until=7d,every=1d",
		"docker:builder,keepstorage=10GB":   "docker:command=builder,all=false,until=0s,every=1d,reserved=10GB",
		"nerdctl:every=1w":                  "nerdctl:command=system,all=false,until=0s,every=7d",
		"kubelet:restart=36h":               "kubelet:high=85,low=80,minage=2m,maxage=0s,restart=36h",
		"lru:high=90":                       "lru:high=90,low=80,every=5m",
		"lru:every=90s":                     "lru:high=85,low=80,every=1m30s",
		"ttl:after=36h":                     "ttl:after=36h,every=5m",
		"clairvoyant:idle=1h30m":            "clairvoyant:high=85,low=80,every=5m,idle=1h30m",
		"buildkit":                          "buildkit:defaults=buildkitd",
		"buildkit:defaults=dockerd":         "buildkit:defaults=dockerd",
		"buildkit:all=true":                 "buildkit:all=true,keep=0s,reserved=0,max=0,minfree=0",
		"buildkit:keepstorage=10GB":         "buildkit:all=false,keep=0s,reserved=10GB,max=0,minfree=0",
		"buildkit:max=1025MiB;minfree=20%":  "buildkit:all=false,keep=0s,reserved=0,max=1025MiB,minfree=0;all=false,keep=0s,reserved=0,max=0,minfree=20%",
		"buildkit:filter=a==b&c|d,keep=60d": "buildkit:filter=a==b&c|d,all=false,keep=60d,reserved=0,max=0,minfree=0",
	} {
		p, err := policy.Parse(spec, policy.Uses{})
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		if p.String() != want || !strings.HasPrefix(want, p.Name()) {
			t.Errorf("%s: %s, want %s", spec, p, want)
		}
		again, err := policy.Parse(want, policy.Uses{})
		if err != nil || again.String() != want || p.Clone().String() != want {
			t.Errorf("%s: read again: %v, %v", want, again, err)
		}
	}
}

// Errors name the policy, the column, the key and the valid names.
func TestParseErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                        `policy "": unknown; known are none, kubelet, buildkit, docker, nerdctl, lru, ttl, clairvoyant`,
		"Kubelet":                 `policy "Kubelet": unknown; known are none,`,
		"kubelet:":                `policy "kubelet", column 9: no parameters after the colon`,
		"none:a=1":                `policy "none", column 6: takes no parameters`,
		"kubelet:hig=85":          `policy "kubelet", column 9: key "hig": unknown; known are high, low, minage, maxage`,
		"kubelet:high":            `policy "kubelet", column 9: key "high": has no value`,
		"kubelet:high=85,high=86": `policy "kubelet", column 17: key "high": given twice`,
		"kubelet:high=101":        `policy "kubelet", column 9: key "high": "101" is not a percentage from 0 to 100`,
		"kubelet:low=90":          `policy "kubelet", column 9: key "low": 90 is not below high=85`,
		"kubelet:minage=2":        `policy "kubelet", column 9: key "minage": "2" is not a duration`,
		"kubelet:minage=-2m":      `policy "kubelet", column 9: key "minage": "-2m" is not a duration`,
		"kubelet:maxage=999999d":  `policy "kubelet", column 9: key "maxage": "999999d" is not a duration`,
		"kubelet:maxage=1m":       `policy "kubelet", column 9: key "maxage": 1m0s is not above minage=2m0s`,
		"docker:command=volume":   `policy "docker", column 8: key "command": "volume" is unknown; known are system, image, builder`,
		"docker:every=0s":         `policy "docker", column 8: key "every": 0s is not above 0`,
		"docker:max=1GB":          `policy "docker", column 8: key "max": docker system prune has no such option; command=builder has`,
		"docker:builder,max=80%":  `policy "docker", column 16: key "max": 80% is a percentage; docker takes bytes`,
		"nerdctl:until=24h":       `policy "nerdctl", column 9: key "until": nerdctl system prune has no filters; command=image has`,
		"nerdctl:max=1GB":         `policy "nerdctl", column 9: key "max": unknown; known are command, all, until, every`,
		"kubelet:restart=-1h":     `policy "kubelet", column 9: key "restart": "-1h" is not a duration`,
		"lru:low=86":              `policy "lru", column 5: key "low": 86 is above high=85`,
		"lru:every=0s":            `policy "lru", column 5: key "every": 0s is not above 0`,
		"ttl:every=0s":            `policy "ttl", column 5: key "every": 0s is not above 0`,
		"buildkit:defaults=moby":  `policy "buildkit", column 10: key "defaults": "moby" is unknown; known are buildkitd, buildkitd-before-2026-06, dockerd,`,
		"buildkit:cap=1":          `policy "buildkit", column 10: key "cap": unknown; known are defaults, filter, all,`,
		"buildkit:max=10XB":       `policy "buildkit", column 10: key "max": "10XB" is not an amount`,
		"buildkit:max=200%":       `policy "buildkit", column 10: key "max": "200%" is not a percentage`,
		"buildkit:max=99999999TB": `policy "buildkit", column 10: key "max": "99999999TB" is not an amount`,
		"buildkit:all=yes":        `policy "buildkit", column 10: key "all": "yes" is neither true nor false`,
		"buildkit:filter=a==":     `policy "buildkit": rule 1: filter ["a=="]`,
		"clairvoyant":             `policy "clairvoyant": the future of this load is unknown`,
	} {
		p, err := policy.Parse(spec, nil)
		if p != nil || !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %s", spec, p, err, want)
		}
	}
}

func TestKindsAndParseAgree(t *testing.T) {
	for _, k := range policy.Kinds() {
		for _, p := range k.Params {
			if p.Doc == "" {
				t.Errorf("%s: %s has no doc", k.Name, p.Key)
			}
			if p.Default == "" || k.Name == "buildkit" && p.Key == "defaults" {
				continue
			}
			if _, err := policy.Parse(k.Name+":"+p.Key+"="+p.Default, policy.Uses{}); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAmountOfADisk(t *testing.T) {
	for _, c := range []struct {
		text     string
		capacity int64
		want     int64
	}{
		{"10GB", 5, 10e9},
		{"80%", 100e9, 75e9},
		{"10%", 10 << 30, 2e9}, // whole GiB get one more
		{"1%", 1, 1e9},
		{"20%", 0, 2e9},  // a disk of unknown size
		{"20%", -1, 2e9}, //
		{"0%", 100e9, 0}, // none
		{"100%", math.MaxInt64, 8589934592e9},
	} {
		a, err := spec.ParseAmount(c.text)
		if err != nil || policy.SpaceOf(a, c.capacity) != c.want {
			t.Errorf("%s of %d: %d, %v, want %d", c.text, c.capacity, policy.SpaceOf(a, c.capacity), err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, spec := range []string{"kubelet:high=85,low=80,minage=2m", "buildkit:filter=type==a|b&c,keep=48h,max=512MB;all=true", "clairvoyant:idle=3d", "ttl", "x:"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := policy.Parse(spec, policy.Uses{})
		if err != nil {
			return
		}
		again, err := policy.Parse(p.String(), policy.Uses{})
		if err != nil || again.String() != p.String() {
			t.Fatalf("%s: printed as %s: %v, %v", spec, p, again, err)
		}
		s := &policy.Shelf{Capacity: 1000, Free: 10, Items: []policy.Candidate{image("a", 500), record("b", 1), record("c", 2, on("b"))}}
		_ = p.Release(noon.Add(time.Hour), s)
	})
}
