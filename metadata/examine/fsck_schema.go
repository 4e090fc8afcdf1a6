package examine

import (
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
		c.find(checkBeside, name, "a bucket beside the bucket v1")
	case errors.Is(e.Err, schema.ErrMissing) && name == "v1/version":
		c.find(checkSchema, name, "missing")
	case errors.Is(e.Err, schema.ErrMissing):
		c.find(checkMissing, name, at)
	case errors.Is(e.Err, schema.ErrUnknown):
		c.find(checkUnknown, name, nameText(at))
	case e.Err != nil:
		c.find(checkShape, name, fmt.Sprintf("%s: %v", nameText(at), e.Err))
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
