//go:build !wasm

package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"testing"

	digest "github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// A layout is an OCI image layout as a tar archive.
type layout struct {
	archive []byte
	blobs   []ocispec.Descriptor     // layers, config, manifest
	data    map[digest.Digest][]byte // of the blobs
	index   digest.Digest            // of index.json
}

// newLayout returns a layout with one image, docker.io/library/app:1, which has a layer for each text.
func newLayout(t testing.TB, texts ...string) layout {
	t.Helper()
	return newLayoutFor(t, ocispec.Platform{OS: "linux", Architecture: "amd64"}, texts...)
}

// newLayoutFor is newLayout for a platform.
func newLayoutFor(t testing.TB, platform ocispec.Platform, texts ...string) layout {
	t.Helper()
	l := layout{data: map[digest.Digest][]byte{}}
	files := map[string][]byte{}
	var order []string
	add := func(mediaType string, data []byte) ocispec.Descriptor {
		d := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
		name := "blobs/sha256/" + d.Digest.Encoded()
		files[name] = data
		order = append(order, name)
		l.blobs = append(l.blobs, d)
		l.data[d.Digest] = data
		return d
	}
	encoded := func(v any) []byte {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	config := ocispec.Image{Platform: platform, RootFS: ocispec.RootFS{Type: "layers"}}
	manifest := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest}
	for _, text := range texts {
		layer := tarOf(t, []string{"file"}, map[string][]byte{"file": []byte(text)})
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.FromBytes(layer))
		var compressed bytes.Buffer
		w := gzip.NewWriter(&compressed)
		_, _ = w.Write(layer)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		manifest.Layers = append(manifest.Layers, add(ocispec.MediaTypeImageLayerGzip, compressed.Bytes()))
	}
	manifest.Config = add(ocispec.MediaTypeImageConfig, encoded(config))
	d := add(ocispec.MediaTypeImageManifest, encoded(manifest))
	d.Platform = &platform
	d.Annotations = map[string]string{"io.containerd.image.name": "docker.io/library/app:1", ocispec.AnnotationRefName: "1"}
	files[ocispec.ImageLayoutFile] = encoded(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	files[ocispec.ImageIndexFile] = encoded(ocispec.Index{Versioned: manifest.Versioned, Manifests: []ocispec.Descriptor{d}})
	l.index = digest.FromBytes(files[ocispec.ImageIndexFile])
	l.archive = tarOf(t, append([]string{ocispec.ImageLayoutFile, ocispec.ImageIndexFile}, order...), files)
	return l
}

// tarOf returns an archive of files in an order.
func tarOf(t testing.TB, names []string, files map[string][]byte) []byte {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, name := range names {
		data := files[name]
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
