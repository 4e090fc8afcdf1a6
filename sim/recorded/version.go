package recorded

import (
	"slices"

	digest "github.com/opencontainers/go-digest"
)

// A version is the content of an image, put together from all pulls of it: each brings only what was not there. Two pulls
// under one name are of one version if they have a blob in common.
type version struct {
	digests []digest.Digest // in the order in which they were seen first
	unheld  map[digest.Digest]bool
	bottoms []string // as of pulls

	// Of digests, those that image records hold: the first is what they point to, the second the config.
	held []digest.Digest
}

// versions are those of each name.
type versions map[string][]*version

// of is the version of a name that has a blob; nil if none does.
func (v versions) of(name string, d digest.Digest) *version {
	for _, found := range v[name] {
		if slices.Contains(found.digests, d) {
			return found
		}
	}
	return nil
}

// add notes that a pull that brought blobs made a record of a name.
func (v versions) add(name string, p *pull, events []Event) {
	if p.version == nil {
		for _, commit := range p.blobs {
			if p.version = v.of(name, events[commit].Body.(*Blob).Digest); p.version != nil {
				break
			}
		}
	}
	if p.version == nil {
		p.version = &version{unheld: map[digest.Digest]bool{}}
	}
	for _, commit := range p.blobs {
		if d := events[commit].Body.(*Blob).Digest; !slices.Contains(p.version.digests, d) {
			p.version.digests = append(p.version.digests, d)
		}
	}
	if !slices.Contains(v[name], p.version) {
		v[name] = append(v[name], p.version)
	}
}

// choose says what the image records of a version hold.
func (v *version) choose() {
	v.held = slices.DeleteFunc(slices.Clone(v.digests), func(d digest.Digest) bool { return v.unheld[d] })
}
