//go:build !wasm

package client_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"time"

	digest "github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// file is an entry of an archive.
type file struct {
	name string
	data []byte
}

func pack(files ...file) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		must(w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data)), ModTime: time.Unix(0, 0)}))
		_, err := w.Write(f.data)
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	must(err)
	must(w.Close())
	return b.Bytes()
}

// ociArchive returns an OCI archive of a linux/amd64 image with these uncompressed layers. Equal arguments give equal
// bytes. diffs are the diff IDs in the image's configuration; nil selects the correct ones.
func ociArchive(name string, layers [][]byte, diffs []digest.Digest) []byte {
	return configuredArchive(name, layers, diffs, ocispec.ImageConfig{})
}

// configuredArchive is ociArchive for an image with a configuration of containers.
func configuredArchive(name string, layers [][]byte, diffs []digest.Digest, run ocispec.ImageConfig) []byte {
	files := []file{{ocispec.ImageLayoutFile, encoded(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})}}
	blob := func(mediaType string, data []byte) ocispec.Descriptor {
		dgst := digest.FromBytes(data)
		files = append(files, file{"blobs/sha256/" + dgst.Encoded(), data})
		return ocispec.Descriptor{MediaType: mediaType, Digest: dgst, Size: int64(len(data))}
	}
	config := ocispec.Image{
		Platform: ocispec.Platform{OS: "linux", Architecture: "amd64"},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: diffs},
		Config:   run,
	}
	manifest := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest}
	for _, layer := range layers {
		if diffs == nil {
			config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.FromBytes(layer))
		}
		manifest.Layers = append(manifest.Layers, blob(ocispec.MediaTypeImageLayerGzip, gzipped(layer)))
	}
	manifest.Config = blob(ocispec.MediaTypeImageConfig, encoded(config))
	target := blob(ocispec.MediaTypeImageManifest, encoded(manifest))
	target.Annotations = map[string]string{ocispec.AnnotationRefName: name}
	files = append(files, file{ocispec.ImageIndexFile, encoded(ocispec.Index{
		Versioned: specs.Versioned{SchemaVersion: 2},
		Manifests: []ocispec.Descriptor{target},
	})})
	return pack(files...)
}

// twoLayers returns the layers of most tests: one has two files of 12 bytes in total, one has a file of 3 bytes and a
// whiteout.
func twoLayers() [][]byte {
	return [][]byte{
		pack(file{"greeting", []byte("hello")}, file{"name", []byte("kelp...")}),
		pack(file{"answer", []byte("yes")}, file{".wh.name", nil}),
	}
}

func encoded(v any) []byte {
	data, err := json.Marshal(v)
	must(err)
	return data
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
