package rules_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

func TestIgnored(t *testing.T) {
	cases := []struct {
		resource gc.ResourceType
		label    string
		version  rules.Version
		want     string
	}{
		{rules.ResourceContent, "containerd.io/gc.ref.content.0", rules.V1_6, ""},
		{rules.ResourceContent, "containerd.io/gc.ref.contents", rules.V2_4, `what follows containerd.io/gc.ref.content must begin with "." or "/"`},
		{rules.ResourceContent, "containerd.io/gc.ref.image", rules.V1_7, "it counts from containerd 2.0 on"},
		{rules.ResourceContent, "containerd.io/gc.rootless", rules.V2_1, "it counts from containerd 2.2 on"},
		{rules.ResourceContent, "containerd.io/gc.rootless", rules.V2_2, ""},
		{rules.ResourceContent, "containerd.io/gc.expire", rules.V2_4, "it means nothing on objects of kind content"},
		{rules.ResourceImage, "containerd.io/gc.expire", rules.V1_7, "it counts from containerd 2.0 on"},
		{rules.ResourceImage, "containerd.io/gc.expire", rules.V2_0, ""},
		{rules.ResourceImage, "containerd.io/gc.root", rules.V2_4, "it means nothing on objects of kind image"},
		{rules.ResourceLease, "containerd.io/gc.ref.content", rules.V2_4, "it means nothing on objects of kind lease"},
		{rules.ResourceLease, "containerd.io/gc.flat", rules.V1_6, ""},
		{rules.ResourceSnapshot, "containerd.io/gc.cond.value-usedat", rules.V2_2, "it counts from containerd 2.3 on"},
		{rules.ResourceSnapshot, "containerd.io/gc.bref.sandbox", rules.V2_4, "there is no such label"},
		{rules.ResourceSnapshot, "containerd.io/uncompressed", rules.V2_4, ""},
	}
	for _, c := range cases {
		if got := rules.Ignored(c.resource, c.label, c.version); got != c.want {
			t.Errorf("%s on %s with %s: %q, want %q", c.label, rules.KindName(c.resource), c.version, got, c.want)
		}
	}
}

func TestIgnoredValue(t *testing.T) {
	for label, values := range map[string]map[string]bool{
		"containerd.io/gc.expire":               {"2026-01-02T03:04:05Z": true, "2026-01-02T03:04:05.5+01:00": true, "2026-01-02": false, "": false},
		"containerd.io/gc.cond.snapshot.native": {"usedat<1h|k": true, "size>1,usedat>0|": true, "usedat<=1h|k": false, "usedat<1h": false, "usedat<1d|k": false},
		"containerd.io/gc.root":                 {"": true, "false": true},
	} {
		for value, counts := range values {
			if why := rules.IgnoredValue(label, value, rules.V2_4); (why == "") != counts {
				t.Errorf("%s=%s: %q", label, value, why)
			}
		}
	}
	if why := rules.IgnoredValue("containerd.io/gc.cond.snapshot.native", "x", rules.V2_2); why != "" {
		t.Errorf("a label without an effect: %q", why)
	}
}
