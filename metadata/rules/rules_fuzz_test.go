package rules_test

import (
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// FuzzLabels checks that Ignored gives a reason exactly for the labels without an effect, and that any text is a valid
// input to IgnoredValue and ParseConditions.
func FuzzLabels(f *testing.F) {
	f.Add("containerd.io/gc.ref.content.0", "sha256:x", uint8(rules.ResourceContent), uint8(rules.V2_4))
	f.Add("containerd.io/gc.cond.snapshot.native/x", "usedat<24h,usedat>-1h|key", uint8(rules.ResourceImage), uint8(rules.V2_3))
	f.Add("containerd.io/gc.expire", "2020-01-01", uint8(rules.ResourceLease), uint8(rules.V1_6))
	f.Add("containerd.io/gc.", "", uint8(rules.ResourceSandbox), uint8(rules.V1_7))
	f.Fuzz(func(t *testing.T, label, value string, resource, version uint8) {
		kind, v := gc.ResourceType(resource), rules.Version(version)
		key, ours := strings.CutPrefix(label, rules.LabelPrefix)
		counts := false
		for _, r := range rules.Of(v) {
			_, matches := r.Match(key)
			counts = counts || ours && matches && rules.Obeyed(kind, v)&r.Meaning != 0
		}
		if why := rules.Ignored(kind, label, v); (why == "") != (counts || !ours) {
			t.Errorf("label %q counts: %v, but Ignored returns %q", label, counts, why)
		}
		_ = rules.IgnoredValue(label, value, v)
		if terms, key, ok := rules.ParseConditions(value); ok && !strings.HasSuffix(value, "|"+key) || !ok && terms != nil {
			t.Errorf("ParseConditions(%q) returns %v and %q", value, terms, key)
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	f.Add("v2.4.2+unknown")
	f.Add("1.6")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := rules.ParseVersion(s); err == nil && !strings.Contains(s, v.String()) {
			t.Errorf("ParseVersion(%q) returns %s", s, v)
		}
	})
}
