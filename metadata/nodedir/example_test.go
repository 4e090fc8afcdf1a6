package nodedir_test

import (
	"fmt"
	"testing/fstest"

	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

func Example() {
	d, err := nodedir.Open(fstest.MapFS{
		"io.containerd.metadata.v1.bolt/meta.db":              {},
		"io.containerd.snapshotter.v1.overlayfs/snapshots/17": {},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Flavor, d.Database)
	fmt.Println("content:", d.ContentErr)
	for _, s := range d.Snapshotters {
		fmt.Println(s.Name+":", s.Err)
	}
	// Output:
	// containerd io.containerd.metadata.v1.bolt/meta.db
	// content: open io.containerd.content.v1.content: file does not exist
	// overlayfs: no metadata.db
}
