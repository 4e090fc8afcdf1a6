package examine

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// A ForeignError says which program's database was given in place of containerd's metadata database. It is of class
// [ErrForeign].
type ForeignError struct {
	Is    string // for example "a snapshotter's metadata.db"; "" if the buckets tell nothing
	Meant string // the file that was meant
}

func (e *ForeignError) Error() string {
	if e.Is == "" {
		return ErrForeign.Error() + "; the file is usually " + e.Meant
	}
	return fmt.Sprintf("this is %s, not containerd's metadata database; the file meant is %s", e.Is, e.Meant)
}

func (e *ForeignError) Unwrap() error { return ErrForeign }

// metadataFile is the path of containerd's metadata database below its root, workerFile that of a BuildKit worker's.
const (
	metadataFile = "io.containerd.metadata.v1.bolt/meta.db"
	workerFile   = "containerdmeta.db, in the directory of the worker (for example /var/lib/buildkit/runc-overlayfs)"
)

// foreignFiles tell the databases that stand beside containerd's own by their buckets. All of a row's buckets must be
// there.
var foreignFiles = []struct {
	is      string
	buckets []string
	meant   string
}{
	{"BuildKit's metadata_v2.db", []string{"_main"}, workerFile},
	{"BuildKit's cache.db", []string{"_result"}, workerFile},
	{"BuildKit's cache.db", []string{"_links"}, workerFile},
	{"BuildKit's history.db", []string{"_records"}, workerFile},
	{"the pool database of the devmapper snapshotter", []string{"devices"}, metadataFile},
	{"a volume database of dockerd", []string{"volumes"}, metadataFile},
}

// Identify returns a [ForeignError] if a database is not containerd's metadata database, and nil if it is.
func Identify(db memkv.Frozen) error {
	if storage.Is(db) {
		return &ForeignError{"a snapshotter's metadata.db (containerd needs every byte of it)", metadataFile}
	}
	if _, ok := db.Bucket("v1"); ok {
		return nil
	}
	for _, f := range foreignFiles {
		all := true
		for _, name := range f.buckets {
			_, ok := db.Bucket(name)
			all = all && ok
		}
		if all {
			return &ForeignError{f.is, f.meant}
		}
	}
	var names []string
	for name, e := range db.All() {
		if e.IsBucket() && len(names) < 5 {
			names = append(names, nameText(name))
		}
	}
	if len(names) == 0 {
		return &ForeignError{Meant: metadataFile}
	}
	return &ForeignError{"a bolt database of another program, with the buckets " + strings.Join(names, ", "), metadataFile}
}
