package examine

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// Blobs is a content store, as far as a check needs it.
type Blobs interface {
	// All yields every blob in the order of digests. An error ends it.
	All() iter.Seq2[Blob, error]

	// Read returns the first max bytes of a blob.
	Read(digest string, max int64) ([]byte, error)
}

// A Blob is what a content store knows of a blob without reading it.
type Blob struct {
	Digest string
	Size   int64
}

// Dir returns the content store in a directory as containerd's local store lays it out: blobs/ALGORITHM/HEX. Below
// containerd's root that directory is io.containerd.content.v1.content. One without blobs is an empty store.
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

// algorithm yields the blobs of one algorithm, and returns false when told to stop.
func (d dirBlobs) algorithm(name string, yield func(Blob, error) bool) bool {
	files, err := fs.ReadDir(d.dir, path.Join("blobs", name))
	if err != nil {
		yield(Blob{}, err)
		return false
	}
	for _, f := range files {
		info, err := f.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed a moment ago
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

func (d dirBlobs) Read(digest string, max int64) ([]byte, error) {
	algorithm, hex, _ := strings.Cut(digest, ":")
	f, err := d.dir.Open(path.Join("blobs", algorithm, hex))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, max))
}
