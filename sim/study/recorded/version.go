package recorded

import digest "github.com/opencontainers/go-digest"

// A version is the content of an image, merged from all pulls of it, since each pull adds only missing blobs. Two pulls
// under one name have the same version if they have a blob in common.
type version struct {
	digests set[digest.Digest]
	unheld  map[digest.Digest]bool
	bottoms set[string] // of its pulls; see [pull]

	// Digests that the image records hold: the first is the target, the second the config.
	held []digest.Digest
}

// versions finds the version of a name with a blob.
type versions map[named]*version

type named struct {
	name   string
	digest digest.Digest
}

// add records that a pull with blobs created an image record of a name.
func (v versions) add(name string, p *pull, events []Event) {
	for _, commit := range p.blobs {
		if p.version != nil {
			break
		}
		p.version = v[named{name, events[commit].Body.(*Blob).Digest}]
	}
	if p.version == nil {
		p.version = &version{unheld: map[digest.Digest]bool{}}
	}
	for _, commit := range p.blobs {
		d := events[commit].Body.(*Blob).Digest
		p.version.digests.add(d)
		if v[named{name, d}] == nil {
			v[named{name, d}] = p.version
		}
	}
}

// A set keeps the order in which its members were added.
type set[T comparable] struct {
	list []T
	has  map[T]bool
}

func (s *set[T]) add(member T) {
	if s.has == nil {
		s.has = map[T]bool{}
	}
	if !s.has[member] {
		s.has[member] = true
		s.list = append(s.list, member)
	}
}
