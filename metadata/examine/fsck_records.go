package examine

import (
	"fmt"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// containers checks the image and the sandbox of each container. The snapshots are checked by [checker.references].
func (c *checker) containers() {
	for r := range c.records(metadata.ResourceContainer) {
		namespace := r.node.Namespace
		if image := r.text("image"); image != "" && !c.has(gc.Node{Type: metadata.ResourceImage, Namespace: namespace, Key: image}) {
			c.find(checkImageMissing, r.name(), fmt.Sprintf("created from the image %q", image))
		}
		if sandbox := r.text("sandboxid"); sandbox != "" {
			_, migrated := c.db.BucketAt("v1", namespace, "sandboxes", sandbox)
			_, older := c.db.BucketAt(namespace, "sandboxes", sandbox)
			if !migrated && !older {
				c.find(checkSandboxMissing, r.name(), fmt.Sprintf("in the sandbox %q", sandbox))
			}
		}
	}
}

// has reports whether the database has a record.
func (c *checker) has(n gc.Node) bool {
	_, ok := c.db.BucketAt(schema.RecordPath(n)...)
	return ok
}

// leases checks the expiry of leases.
func (c *checker) leases() {
	for r := range c.records(metadata.ResourceLease) {
		expiry := r.text("labels", "containerd.io/gc.expire")
		t, err := time.Parse(time.RFC3339, expiry)
		switch {
		case err != nil:
			c.find(checkLeaseUnlimited, r.name(), "created "+created(r))
		case c.At.After(t):
			c.find(checkLeaseExpired, r.name(), "expired "+t.UTC().Format(time.RFC3339Nano))
		}
	}
}

// created returns the creation time of a record for a finding.
func created(r *record) string {
	var t time.Time
	if t.UnmarshalBinary(r.Get("createdat")) != nil {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// sizes checks that all records agree on the size of a blob.
func (c *checker) sizes() {
	sizes := map[string]*record{} // by digest: the first record with this blob
	for r := range c.records(metadata.ResourceContent) {
		if err := digest.Digest(r.node.Key).Validate(); err != nil {
			c.findWith(checkDigest, r.name(), err.Error(), dropCommand(c.file, r.path))
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
			c.find(checkSize, r.name(), fmt.Sprintf("%d bytes, but %d bytes in the namespace %q", size, other, first.node.Namespace))
		}
	}
	for r := range c.records(metadata.ResourceImage) {
		size, ok := r.number("target", "size")
		if !ok {
			continue
		}
		blob, exists := c.db.BucketAt("v1", r.node.Namespace, "content", "blob", r.text("target", "digest"))
		if stored, ok := (&record{Frozen: blob}).number("size"); exists && ok && stored != size {
			c.find(checkSize, r.name(), fmt.Sprintf("the descriptor of the target has %d bytes, but the blob has %d", size, stored))
		}
	}
}

// labels checks the labels of garbage collection.
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

// markerLabels are labels that take effect with any value.
var markerLabels = []string{"containerd.io/gc.root", "containerd.io/gc.flat"}

func (c *checker) label(r *record, label, value string) {
	pair := fmt.Sprintf("%s=%s", label, value)
	if why := metadata.Ignored(r.node.Type, label, c.d.version); why != "" {
		c.find(checkLabelIgnored, r.name(), pair+": "+why)
		return
	}
	if why := metadata.IgnoredValue(label, value, c.d.version); why != "" {
		c.find(checkLabelValue, r.name(), pair+": "+why)
		return
	}
	for _, marker := range markerLabels {
		if strings.HasPrefix(label, marker) && isFalse(value) {
			c.find(checkLabelFalse, r.name(), pair)
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
