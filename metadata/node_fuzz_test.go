package metadata

import (
	"strings"
	"testing"
)

// What ParseNode takes, NodeName writes the same way again, and its record has a place.
func FuzzParseNode(f *testing.F) {
	for _, name := range []string{
		"image/default/docker.io/library/alpine:3.20", "snapshot/default/overlayfs/web", "content/a/", "lease//x", "type77/a/b", "x", "",
		"sandbox/ns/sb", "stream/ns/1",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		n, err := ParseNode(name)
		if err != nil {
			return
		}
		if NodeName(n) != name {
			t.Errorf("%q is parsed as %q", name, NodeName(n))
		}
		if path := RecordPath(n); path != nil && (len(path) < 4 || path[1] != n.Namespace) {
			t.Errorf("%q has its record at %q", name, path)
		}
	})
}

// Labels and conditions take any text. A label that does not count has a reason.
func FuzzLabels(f *testing.F) {
	f.Add("containerd.io/gc.ref.content.0", "sha256:x", uint8(ResourceContent), uint8(V2_4))
	f.Add("containerd.io/gc.cond.snapshot.native/x", "usedat<24h,usedat>-1h|key", uint8(ResourceImage), uint8(V2_3))
	f.Add("containerd.io/gc.expire", "2020-01-01", uint8(ResourceLease), uint8(V1_6))
	f.Add("containerd.io/gc.", "", uint8(resourceSandbox), uint8(V1_7))
	f.Fuzz(func(t *testing.T, label, value string, resource, version uint8) {
		v := Version(version)
		counts := false
		for i := range labelRules {
			r := &labelRules[i]
			_, fits := r.fits(strings.TrimPrefix(label, labelPrefix))
			counts = counts || fits && strings.HasPrefix(label, labelPrefix) && r.holds(v) && obeys(ResourceType(resource), v)&r.meaning != 0
		}
		why := Ignored(ResourceType(resource), label, v)
		if ours := strings.HasPrefix(label, labelPrefix); (why == "") != (counts || !ours) {
			t.Errorf("label %q counts: %v, but: %q", label, counts, why)
		}
		_ = IgnoredValue(label, value, v)
		if terms, key, ok := parseConditions(value); ok && !strings.HasSuffix(value, "|"+key) || !ok && terms != nil {
			t.Errorf("%q has conditions %v on %q", value, terms, key)
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	f.Add("v2.4.2+unknown")
	f.Add("1.6")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := ParseVersion(s); err == nil && !strings.Contains(s, v.String()) {
			t.Errorf("%q is read as %s", s, v)
		}
	})
}
