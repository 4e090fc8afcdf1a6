package nodedir

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// archiveMax bounds the bytes of the files that [ReadArchive] keeps.
const archiveMax = 4 << 30

// ErrArchiveTooLarge is returned for an archive whose files are larger than the limit.
var ErrArchiveTooLarge = errors.New("the files of the archive are too large")

// WriteArchive writes the databases of a root, its metadata database and those of its snapshotters, as a gzip'd tar
// file. The archive holds names, labels and sizes, but no content. [ReadArchive] reads it again.
func WriteArchive(w io.Writer, d *Dir) error {
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	paths := []string{d.Database}
	for _, s := range d.Snapshotters {
		if s.Path != "" && !errors.Is(s.Err, ErrNoRecords) {
			paths = append(paths, path.Join(s.Path, StorageFile))
		}
	}
	for _, p := range paths {
		// The daemon may change the file meanwhile, so its size is known only after it has been read.
		data, err := fs.ReadFile(d.Files, p)
		if err != nil {
			return err
		}
		if err := archive.WriteHeader(&tar.Header{Name: p, Mode: 0o600, Size: int64(len(data)), ModTime: time.Unix(0, 0)}); err != nil {
			return err
		}
		if _, err := archive.Write(data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zipped.Close()
}

// ReadArchive reads a tar file, gzip'd or not, into memory. Only regular files and directories count; names that leave
// the archive are errors. limit bounds the bytes of all files, 0 means 4 GiB.
func ReadArchive(r io.Reader, limit int64) (fs.FS, error) {
	if limit <= 0 {
		limit = archiveMax
	}
	head := make([]byte, 2)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("archive: %w", err)
	}
	r = io.MultiReader(bytes.NewReader(head[:n]), r)
	if string(head) == "\x1f\x8b" {
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		r = unzipped
	}
	files := memoryFS{".": &memoryFile{name: ".", dir: true}}
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		name := path.Clean(header.Name)
		if !fs.ValidPath(name) {
			return nil, fmt.Errorf("archive: %q is not a path inside it", header.Name)
		}
		switch header.Typeflag {
		case tar.TypeDir:
			files.mkdir(name)
		case tar.TypeReg:
			data, err := io.ReadAll(io.LimitReader(archive, limit+1))
			if err != nil {
				return nil, fmt.Errorf("archive: %s: %w", name, err)
			}
			if limit -= int64(len(data)); limit < 0 {
				return nil, fmt.Errorf("archive: %s: %w", name, ErrArchiveTooLarge)
			}
			files.mkdir(path.Dir(name))
			files[name] = &memoryFile{name: path.Base(name), data: data}
		}
	}
}

// A memoryFS is a file system in memory, by path. Every file's directories are in it.
type memoryFS map[string]*memoryFile

func (m memoryFS) mkdir(name string) {
	for ; m[name] == nil; name = path.Dir(name) {
		m[name] = &memoryFile{name: path.Base(name), dir: true}
	}
}

func (m memoryFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f := m[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if f.dir {
		entries, err := m.ReadDir(name)
		return &openDir{memoryFile: f, entries: entries}, err
	}
	return &openFile{Reader: bytes.NewReader(f.data), memoryFile: f}, nil
}

func (m memoryFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if f := m[name]; f == nil || !f.dir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	var entries []fs.DirEntry
	for p, f := range m {
		if p != "." && path.Dir(p) == name {
			entries = append(entries, f)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// A memoryFile is a file or a directory, and its own fs.FileInfo and fs.DirEntry.
type memoryFile struct {
	name string
	data []byte
	dir  bool
}

func (f *memoryFile) Name() string               { return f.name }
func (f *memoryFile) Size() int64                { return int64(len(f.data)) }
func (f *memoryFile) ModTime() time.Time         { return time.Time{} }
func (f *memoryFile) IsDir() bool                { return f.dir }
func (f *memoryFile) Sys() any                   { return nil }
func (f *memoryFile) Type() fs.FileMode          { return f.Mode().Type() }
func (f *memoryFile) Info() (fs.FileInfo, error) { return f, nil }
func (f *memoryFile) Mode() fs.FileMode {
	if f.dir {
		return fs.ModeDir | 0o700
	}
	return 0o600
}

// An openFile reads a memoryFile, also at an offset.
type openFile struct {
	*bytes.Reader
	*memoryFile
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.memoryFile, nil }
func (f *openFile) Size() int64                { return f.memoryFile.Size() }
func (f *openFile) Close() error               { return nil }

// An openDir lists a directory.
type openDir struct {
	*memoryFile
	entries []fs.DirEntry // not listed yet
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.memoryFile, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(d.entries) {
		if n > 0 && len(d.entries) == 0 {
			return nil, io.EOF
		}
		n = len(d.entries)
	}
	list := d.entries[:n]
	d.entries = d.entries[n:]
	return list, nil
}
