package examine

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// Blobs reads a content store. [Check] uses it from one goroutine.
type Blobs interface {
	// All yields every blob, in any order. After an error it yields nothing more.
	All() iter.Seq2[Blob, error]

	// Read returns the first max bytes of a blob, or all bytes of a shorter blob. The error is [fs.ErrNotExist] if the
	// blob does not exist. The caller owns the bytes.
	Read(digest string, max int64) ([]byte, error)
}

// A Blob is the directory entry of a blob.
type Blob struct {
	Digest string // ALGORITHM:HEX
	Size   int64  // bytes
}

// An UploadLister is a content store that knows its uploads. Uploads returns whether each is complete, with data and
// its reference, by the SHA-256 hash of the reference in hexadecimal: the name of its directory in containerd's local
// store.
type UploadLister interface {
	Uploads() (map[string]bool, error)
}

// Dir returns the content store in a directory with the layout of containerd's local store: blobs/ALGORITHM/HEX. Below
// the root directory of containerd, that directory is io.containerd.content.v1.content. A directory without the folder
// blobs is an empty store.
func Dir(dir fs.FS) Blobs { return dirBlobs{dir} }

type dirBlobs struct{ dir fs.FS }

func (d dirBlobs) All() iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		algorithms, err := fs.ReadDir(d.dir, "blobs")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Blob{}, err)
			return
		}
		for _, algorithm := range algorithms {
			if algorithm.IsDir() && !d.algorithm(algorithm.Name(), yield) {
				return
			}
		}
	}
}

// algorithm yields the blobs of one algorithm. It returns false if the iteration ends.
func (d dirBlobs) algorithm(name string, yield func(Blob, error) bool) bool {
	files, err := fs.ReadDir(d.dir, path.Join("blobs", name))
	if err != nil {
		yield(Blob{}, err)
		return false
	}
	for _, f := range files {
		info, err := f.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed after ReadDir listed it
			continue
		case err != nil:
			yield(Blob{}, err)
			return false
		case !info.Mode().IsRegular():
			continue
		}
		if !yield(Blob{name + ":" + f.Name(), info.Size()}, nil) {
			return false
		}
	}
	return true
}

func (d dirBlobs) Uploads() (map[string]bool, error) {
	entries, err := fs.ReadDir(d.dir, "ingest")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	uploads := map[string]bool{}
	for _, e := range entries {
		_, err := fs.Stat(d.dir, path.Join("ingest", e.Name(), "data"))
		_, noRef := fs.Stat(d.dir, path.Join("ingest", e.Name(), "ref"))
		uploads[e.Name()] = err == nil && noRef == nil
	}
	return uploads, nil
}

func (d dirBlobs) Open(digest string) (io.ReadCloser, error) {
	algorithm, hex, _ := strings.Cut(digest, ":")
	return d.dir.Open(path.Join("blobs", algorithm, hex))
}

func (d dirBlobs) Read(digest string, max int64) ([]byte, error) {
	f, err := d.Open(digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, max))
}
