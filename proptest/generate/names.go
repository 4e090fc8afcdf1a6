package generate

import (
	"slices"
	"strings"

	"github.com/leanovate/gopter"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

const letters = "abcdefghijklmnopqrstuvwxyz"

// A Pool is a set of single-letter names for a kind of record, the hottest first.
type Pool string

// The pools overlap on purpose: records with the same name in different places must not be confused.
const (
	Namespaces Pool = "abc"
	Images     Pool = "ijkabcd"
	Containers Pool = "pqra"
	Sandboxes  Pool = "sta"
	Leases     Pool = "lmna"
	Keys       Pool = "uvwxyzab"
	Refs       Pool = "rdei"
	Writers    Pool = "wvx"
	Blobs      Pool = letters // the content of blobs, one letter each
)

// Name draws a name: half of the draws are the hottest name, a quarter the next, and so on.
func (c Chance) Name(p Pool) string {
	i := 0
	for i < len(p)-1 && c.IntN(2) == 0 {
		i++
	}
	if c.OneIn(12) {
		i = c.IntN(len(p))
	}
	return string(p[i])
}

// nth returns the n-th of a sequence of unique names.
func nth(n int) string {
	if n < len(letters) {
		return letters[n : n+1]
	}
	return nth(n/len(letters)-1) + nth(n%len(letters))
}

// Digest draws the digest of a blob.
func (c Chance) Digest() digest.Digest { return DigestOf(c.Name(Blobs)) }

// DigestOf returns the digest of a blob with that content, which must be a single letter.
func DigestOf(data string) digest.Digest { return digests[data[0]-'a'] }

var digests = func() (all [len(letters)]digest.Digest) {
	for i := range all {
		all[i] = digest.FromString(letters[i : i+1])
	}
	return all
}()

// Names generates names. They shrink to hotter names.
func Names(p Pool) gopter.Gen {
	return Of(func(c Chance) string { return c.Name(p) }, func(name string) []string {
		return strings.Split(string(p[:max(strings.Index(string(p), name), 0)]), "")
	})
}

// Digests generates digests of blobs. They shrink to the digests of hotter blobs.
func Digests() gopter.Gen {
	return Of(Chance.Digest, func(d digest.Digest) []digest.Digest {
		return digests[:max(slices.Index(digests[:], d), 0)]
	})
}

// Descriptor draws a descriptor of the blob with that content, sometimes with a wrong or missing field.
func (c Chance) Descriptor(data string) ocispec.Descriptor {
	d := ocispec.Descriptor{Digest: DigestOf(data), MediaType: ocispec.MediaTypeImageLayer, Size: int64(len(data))}
	switch c.IntN(8) {
	case 0:
		d.Size = 0
	case 1:
		d.Size++
	case 2:
		d.Digest = c.Digest()
	}
	return d
}

// Descriptors generates descriptors of blobs. They shrink to the descriptor of the hottest blob.
func Descriptors() gopter.Gen {
	return Of(func(c Chance) ocispec.Descriptor { return c.Descriptor(c.Name(Blobs)) }, func(d ocispec.Descriptor) []ocispec.Descriptor {
		if hottest := (ocispec.Descriptor{Digest: DigestOf("a"), MediaType: d.MediaType, Size: 1}); d.Digest != hottest.Digest || d.Size != 1 {
			return []ocispec.Descriptor{hottest}
		}
		return nil
	})
}
