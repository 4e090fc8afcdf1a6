package verbs

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

// archiveMax bounds the bytes of the files of an archive.
const archiveMax = 1 << 30

// isArchive reports whether data is a tar file, gzip'd or not. The first header of a tar file has its format's name at
// a fixed offset, where a bolt file has a part of its first meta page.
func isArchive(data []byte) bool {
	var r io.Reader = bytes.NewReader(data)
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			return false
		}
		r = unzipped
	}
	const offset, format = 257, "ustar"
	header := make([]byte, offset+len(format))
	_, err := io.ReadFull(r, header)
	return err == nil && string(header[offset:]) == format
}

// openArchive reads an archive of a node's databases, which "holdfast collect-files" writes.
func openArchive(data []byte) (*nodedir.Dir, error) {
	files, err := nodedir.ReadArchive(bytes.NewReader(data), archiveMax)
	if err != nil {
		return nil, err
	}
	return nodedir.Open(files)
}

// readBody reads a database, or the database of an archive. The directory is nil for a database alone.
func readBody(data []byte, options ...boltfile.ReadOption) (*memkv.DB, *nodedir.Dir, error) {
	if !isArchive(data) {
		kv, err := boltfile.ReadBytes(data, options...)
		return kv, nil, err
	}
	disk, err := openArchive(data)
	if err != nil {
		return nil, nil, err
	}
	kv, err := boltfile.OpenFS(disk.Files, disk.Database, options...)
	return kv, disk, err
}

// databaseOf returns the file of the metadata database in an archive, with the directory, and any other data unchanged.
func databaseOf(data []byte) ([]byte, *nodedir.Dir, error) {
	if !isArchive(data) {
		return data, nil, nil
	}
	disk, err := openArchive(data)
	if err != nil {
		return nil, nil, err
	}
	data, err = fs.ReadFile(disk.Files, disk.Database)
	return data, disk, err
}
