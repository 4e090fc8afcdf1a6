//go:build !wasm

package client

import (
	"archive/tar"
	"io"
	"path"
	"strings"

	"github.com/containerd/containerd/v2/core/snapshots"
	digest "github.com/opencontainers/go-digest"
)

// measuring reads a layer, and says what it would take up.
type measuring struct {
	digester digest.Digester
	size     int64           // of the archive
	usage    snapshots.Usage // of its files
}

func (m *measuring) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	return m.digester.Hash().Write(p)
}

// read reads an archive to its end, and what comes after that, which is part of
// the layer's digest.
func (m *measuring) read(r io.Reader) error {
	r = io.TeeReader(r, m)
	archive := tar.NewReader(r)
	for {
		entry, err := archive.Next()
		if err == io.EOF {
			_, err = io.Copy(io.Discard, r)
			return err
		}
		if err != nil {
			return err
		}
		if isFile(entry) {
			m.usage.Inodes++
			m.usage.Size += entry.Size
		}
	}
}

// isFile reports whether an entry makes a file of its own: a link has another's, a
// whiteout takes one away, and a global header is not about any.
func isFile(entry *tar.Header) bool {
	return entry.Typeflag != tar.TypeLink && entry.Typeflag != tar.TypeXGlobalHeader &&
		!strings.HasPrefix(path.Base(entry.Name), ".wh.")
}
