package examine

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// pageName returns the position of a fault in the file.
func pageName(f *boltfile.Fault) string {
	name := fmt.Sprintf("page %d (byte %d)", f.Page, f.Offset)
	if len(f.Bucket) > 0 {
		name += " of " + pathText(f.Bucket)
	}
	return name
}

// schema compares every key and value with the schema.
func (c *checker) schema() {
	if newest := metadata.Newest.Schema(); c.d != nil && c.d.basis.Schema > newest {
		c.find(checkSchema, "v1/version", fmt.Sprintf("schema %d; the newest schema known to holdfast is %d", c.d.basis.Schema, newest))
	}
	for e := range schema.Entries(c.db) {
		c.entry(&e)
	}
}

// entry checks one key and its value.
func (c *checker) entry(e *schema.Entry) {
	name := pathText(e.Path)
	if e.Node != (gc.Node{}) {
		name = metadata.NodeName(e.Node)
	}
	at := e.Field
	if at == "" {
		at = e.Name()
	}
	switch {
	case len(e.Path) == 1 && e.Name() != "v1":
		if !c.awaitsMigration(e.Name()) {
			c.findWith(checkBeside, name, "a bucket beside the bucket v1", dropCommand(c.file, e.Path))
		}
	case errors.Is(e.Err, schema.ErrMissing) && name == "v1/version":
		c.find(checkSchema, name, "missing")
	case errors.Is(e.Err, schema.ErrMissing) && e.Node.Type == metadata.ResourceIngest:
		c.findWith(checkMissing, name, at, dropCommand(c.file, schema.RecordPath(e.Node))) // no call deletes it
	case errors.Is(e.Err, schema.ErrMissing):
		c.find(checkMissing, name, at)
	case errors.Is(e.Err, schema.ErrUnknown):
		c.findWith(checkUnknown, name, nameText(at), dropCommand(c.file, e.Path))
	case e.Err != nil:
		c.findWith(checkShape, name, fmt.Sprintf("%s: %v", nameText(at), e.Err), dropCommand(c.file, e.Path))
	}
	if e.Err != nil || e.Value == nil {
		return
	}
	if _, err := e.Decode(); err != nil {
		check := checkUndecodable
		if name == "v1/version" {
			check = checkSchema
		}
		c.find(check, name, fmt.Sprintf("%s: %v", at, err))
	}
}

// awaitsMigration reports whether a bucket beside v1 has the sandboxes of containerd 1.7 and nothing else, and a later
// containerd will migrate them.
func (c *checker) awaitsMigration(namespace string) bool {
	stored, _ := binary.Varint(valueAt(c.db, "v1", "version"))
	b, ok := c.db.Bucket(namespace)
	_, sandboxes := b.Bucket("sandboxes")
	return ok && sandboxes && b.Len() == 1 && stored < sandboxesMoved
}

// sandboxesMoved is the schema from which on sandboxes are below v1.
const sandboxesMoved = 4
