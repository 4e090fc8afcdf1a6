package metadata_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/metadata"
)

func TestIgnored(t *testing.T) {
	cases := []struct {
		resource metadata.ResourceType
		label    string
		version  metadata.Version
		want     string
	}{
		{metadata.ResourceContent, "containerd.io/gc.ref.content.0", metadata.V1_6, ""},
		{metadata.ResourceContent, "containerd.io/gc.ref.contents", metadata.V2_4, `what follows containerd.io/gc.ref.content must begin with "." or "/"`},
		{metadata.ResourceContent, "containerd.io/gc.ref.image", metadata.V1_7, "it counts from containerd 2.0 on"},
		{metadata.ResourceContent, "containerd.io/gc.rootless", metadata.V2_1, "it counts from containerd 2.2 on"},
		{metadata.ResourceContent, "containerd.io/gc.rootless", metadata.V2_2, ""},
		{metadata.ResourceContent, "containerd.io/gc.expire", metadata.V2_4, "it means nothing on objects of kind content"},
		{metadata.ResourceImage, "containerd.io/gc.expire", metadata.V1_7, "it counts from containerd 2.0 on"},
		{metadata.ResourceImage, "containerd.io/gc.expire", metadata.V2_0, ""},
		{metadata.ResourceImage, "containerd.io/gc.root", metadata.V2_4, "it means nothing on objects of kind image"},
		{metadata.ResourceLease, "containerd.io/gc.ref.content", metadata.V2_4, "it means nothing on objects of kind lease"},
		{metadata.ResourceLease, "containerd.io/gc.flat", metadata.V1_6, ""},
		{metadata.ResourceSnapshot, "containerd.io/gc.cond.value-usedat", metadata.V2_2, "it counts from containerd 2.3 on"},
		{metadata.ResourceSnapshot, "containerd.io/gc.bref.sandbox", metadata.V2_4, "there is no such label"},
		{metadata.ResourceSnapshot, "containerd.io/uncompressed", metadata.V2_4, ""},
	}
	for _, c := range cases {
		if got := metadata.Ignored(c.resource, c.label, c.version); got != c.want {
			t.Errorf("%s on %s with %s: %q, want %q", c.label, metadata.KindName(c.resource), c.version, got, c.want)
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
			if why := metadata.IgnoredValue(label, value, metadata.V2_4); (why == "") != counts {
				t.Errorf("%s=%s: %q", label, value, why)
			}
		}
	}
	if why := metadata.IgnoredValue("containerd.io/gc.cond.snapshot.native", "x", metadata.V2_2); why != "" {
		t.Errorf("a label that does not count at all: %q", why)
	}
}
