package nodedir

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"path"
	"strconv"
)

// A Size is the disk space of a directory.
type Size struct {
	Bytes  int64 // allocated blocks, as du counts them; file sizes where the system tells no blocks
	Inodes int64

	// Skipped counts directories and files that could not be read. The size lacks them.
	Skipped int
}

// Measure adds up the disk space of snapshot ID as its snapshotter would report it: each file once, however many names
// it has, on one file system. Overlay snapshotters count snapshots/ID/fs alone.
//
// Files that vanish during the walk don't count. The error is of class [io/fs.ErrNotExist] if the snapshot has no
// directory, or ctx's error if that ends. Files that cannot be read are counted in Skipped.
func (s *Snapshotter) Measure(ctx context.Context, id uint64) (Size, error) {
	if s.Files == nil {
		return Size{}, &fs.PathError{Op: "measure", Path: "snapshots", Err: fs.ErrNotExist}
	}
	top := path.Join("snapshots", strconv.FormatUint(id, 10))
	if info, err := fs.Stat(s.Files, path.Join(top, "fs")); err == nil && info.IsDir() {
		top = path.Join(top, "fs")
	}
	info, err := fs.Stat(s.Files, top)
	if err != nil {
		return Size{}, err
	}
	w := walk{ctx: ctx, files: s.Files, seen: map[inode]bool{}}
	w.device = w.count(info).device
	if info.IsDir() {
		err = w.directory(top)
	}
	return w.Size, err
}

// An inode identifies a file on this machine. It is the zero value where the system tells no such number.
type inode struct{ device, number uint64 }

// A walk adds up a directory tree.
type walk struct {
	Size
	ctx    context.Context
	files  fs.FS
	device uint64
	seen   map[inode]bool
}

// count adds one file, unless it has been counted under another name.
func (w *walk) count(info fs.FileInfo) inode {
	bytes, node, linked := allocated(info)
	if linked {
		if w.seen[node] {
			return node
		}
		w.seen[node] = true
	}
	if w.Bytes > math.MaxInt64-bytes {
		bytes = math.MaxInt64 - w.Bytes
	}
	w.Bytes += bytes
	w.Inodes++
	return node
}

// directory adds everything below a directory. It uses no recursion: nothing bounds the depth of a container's files.
func (w *walk) directory(top string) error {
	for pending := []string{top}; len(pending) > 0; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		dir := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		entries, err := fs.ReadDir(w.files, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.Skipped++
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				if !errors.Is(err, fs.ErrNotExist) {
					w.Skipped++
				}
				continue
			}
			if _, node, _ := allocated(info); node.device != w.device {
				continue
			}
			w.count(info)
			if info.IsDir() {
				pending = append(pending, path.Join(dir, e.Name()))
			}
		}
	}
	return nil
}

func parseID(name string) (uint64, bool) {
	id, err := strconv.ParseUint(name, 10, 64)
	return id, err == nil && strconv.FormatUint(id, 10) == name
}
