//go:build !wasm

package services

import (
	"archive/tar"
	"io"
	"path"
	"strings"

	"github.com/containerd/containerd/v2/core/snapshots"
	digest "github.com/opencontainers/go-digest"
)

// layerMeter measures a layer: its digest, its size, and the disk usage of its files.
type layerMeter struct {
	digester digest.Digester
	size     int64           // of the archive, in bytes
	usage    snapshots.Usage // of its files
}

func (m *layerMeter) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	return m.digester.Hash().Write(p)
}

// read reads an archive, and the bytes after its end, which the layer's digest includes.
func (m *layerMeter) read(r io.Reader) error {
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

// isFile reports whether an entry creates an inode. Hard links, whiteouts and global headers do not.
func isFile(entry *tar.Header) bool {
	return entry.Typeflag != tar.TypeLink && entry.Typeflag != tar.TypeXGlobalHeader &&
		!strings.HasPrefix(path.Base(entry.Name), ".wh.")
}
