package generate

import (
	"github.com/leanovate/gopter"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

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
