package images_test

import (
	"fmt"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/images"
)

func Example() {
	image := images.Image{
		Name:   "docker.io/library/alpine:3.20",
		Target: ocispec.Descriptor{MediaType: ocispec.MediaTypeImageIndex},
	}
	fmt.Println(image.Name, image.Target.MediaType)
	// Output: docker.io/library/alpine:3.20 application/vnd.oci.image.index.v1+json
}
