package examine

import (
	"errors"
	"fmt"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
)

// pageName says where in a file a fault is.
func pageName(f *boltfile.Fault) string {
	name := fmt.Sprintf("page %d (byte %d)", f.Page, f.Offset)
	if len(f.Bucket) > 0 {
		name += " of " + pathText(f.Bucket)
	}
	return name
}

// schema checks every key and value by itself.
func (c *checker) schema() {
	if newest := metadata.Newest.Schema(); c.d != nil && c.d.basis.Schema > newest {
		c.find("schema", "v1/version", fmt.Sprintf("schema %d; the newest that is known here is %d", c.d.basis.Schema, newest))
	}
	for e := range metadata.Entries(c.db) {
		c.entry(&e)
	}
}

func (c *checker) entry(e *metadata.Entry) {
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
		c.find("beside", name, "a bucket beside v1")
	case errors.Is(e.Err, metadata.ErrMissing) && name == "v1/version":
		c.find("schema", name, "missing")
	case errors.Is(e.Err, metadata.ErrMissing):
		c.find("missing", name, at)
	case errors.Is(e.Err, metadata.ErrUnknown):
		c.find("unknown", name, nameText(at))
	case e.Err != nil:
		c.find("shape", name, fmt.Sprintf("%s: %v", nameText(at), e.Err))
	}
	if e.Err != nil || e.Value == nil {
		return
	}
	if _, err := e.Decode(); err != nil {
		check := "undecodable"
		if name == "v1/version" {
			check = "schema"
		}
		c.find(check, name, fmt.Sprintf("%s: %v", at, err))
	}
}
