//go:build unix

package nodedir

import (
	"io/fs"
	"syscall"
)

// blockSize is the unit of Stat_t.Blocks.
const blockSize = 512

// allocated returns the bytes that a file takes on disk and its inode. linked reports whether it may have other names.
func allocated(info fs.FileInfo) (bytes int64, node inode, linked bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.Size(), inode{}, false
	}
	return int64(stat.Blocks) * blockSize, inode{uint64(stat.Dev), uint64(stat.Ino)}, stat.Nlink > 1 && !info.IsDir()
}
