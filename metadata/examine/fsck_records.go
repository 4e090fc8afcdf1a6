package examine

import (
	"fmt"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// containers checks what the fields of containers name. Their root file systems are checked as references.
func (c *checker) containers() {
	for r := range c.records(metadata.ResourceContainer) {
		namespace := r.node.Namespace
		if image := r.text("image"); image != "" && !c.has(gc.Node{Type: metadata.ResourceImage, Namespace: namespace, Key: image}) {
			c.find("image-missing", r.name(), fmt.Sprintf("made from %q", image))
		}
		if sandbox := r.text("sandboxid"); sandbox != "" {
			_, migrated := c.db.BucketAt("v1", namespace, "sandboxes", sandbox)
			_, older := c.db.BucketAt(namespace, "sandboxes", sandbox)
			if !migrated && !older {
				c.find("sandbox-missing", r.name(), fmt.Sprintf("in the sandbox %q", sandbox))
			}
		}
	}
}

func (c *checker) has(n gc.Node) bool {
	_, ok := c.db.BucketAt(metadata.RecordPath(n)...)
	return ok
}

// leases checks how long leases last.
func (c *checker) leases() {
	for r := range c.records(metadata.ResourceLease) {
		expiry := r.text("labels", "containerd.io/gc.expire")
		t, err := time.Parse(time.RFC3339, expiry)
		switch {
		case err != nil:
			c.find("lease-unlimited", r.name(), "created "+created(r))
		case c.At.After(t):
			c.find("lease-expired", r.name(), "expired "+t.UTC().Format(time.RFC3339Nano))
		}
	}
}

// created says when an object was made, if its record does.
func created(r *record) string {
	var t time.Time
	if t.UnmarshalBinary(r.Get("createdat")) != nil {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// sizes checks that all who know the size of a blob agree.
func (c *checker) sizes() {
	sizes := map[string]*record{} // by digest: the first that has it
	for r := range c.records(metadata.ResourceContent) {
		if err := digest.Digest(r.node.Key).Validate(); err != nil {
			c.find("digest", r.name(), err.Error())
		}
		size, ok := r.number("size")
		if !ok {
			continue
		}
		first := sizes[r.node.Key]
		if first == nil {
			sizes[r.node.Key] = r
			continue
		}
		if other, _ := first.number("size"); other != size {
			c.find("size", r.name(), fmt.Sprintf("%d bytes, but %d in namespace %q", size, other, first.node.Namespace))
		}
	}
	for r := range c.records(metadata.ResourceImage) {
		size, ok := r.number("target", "size")
		if !ok {
			continue
		}
		blob, exists := c.db.BucketAt("v1", r.node.Namespace, "content", "blob", r.text("target", "digest"))
		if stored, ok := (&record{Frozen: blob}).number("size"); exists && ok && stored != size {
			c.find("size", r.name(), fmt.Sprintf("its target has %d bytes, but the blob %d", size, stored))
		}
	}
}

// labels checks the labels that collections read.
func (c *checker) labels() {
	for r := range c.records(0) {
		labels, _ := r.Bucket("labels")
		for label, e := range labels.All() {
			if e.IsBucket() {
				continue
			}
			c.label(r, label, e.Text())
		}
	}
}

// falseMarkers are labels of which the key counts alone.
var falseMarkers = []string{"containerd.io/gc.root", "containerd.io/gc.flat"}

func (c *checker) label(r *record, label, value string) {
	pair := fmt.Sprintf("%s=%s", label, value)
	if why := metadata.Ignored(r.node.Type, label, c.d.version); why != "" {
		c.find("label-ignored", r.name(), pair+": "+why)
		return
	}
	if why := metadata.IgnoredValue(label, value, c.d.version); why != "" {
		c.find("label-value", r.name(), pair+": "+why)
		return
	}
	for _, marker := range falseMarkers {
		if strings.HasPrefix(label, marker) && isFalse(value) {
			c.find("label-false", r.name(), pair)
		}
	}
}

func isFalse(value string) bool {
	switch strings.ToLower(value) {
	case "false", "0", "no", "off", "":
		return true
	}
	return false
}
