package examine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func TestIdentify(t *testing.T) {
	snapshotter, err := boltfile.Open("../testdata/cases/wrong-file/metadata.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		db   *memkv.DB
		want string
	}{
		"snapshotter": {snapshotter, "this is a snapshotter's metadata.db (containerd needs every byte of it), " +
			"not containerd's metadata database; the file meant is io.containerd.metadata.v1.bolt/meta.db"},
		"cache":    {tree{"_result": tree{}, "_links": tree{}}.database(t), "BuildKit's cache.db"},
		"metadata": {tree{"_main": tree{}, "_index": tree{}}.database(t), "BuildKit's metadata_v2.db"},
		"history":  {tree{"_records": tree{}}.database(t), "BuildKit's history.db"},
		"etcd":     {tree{"key": tree{}, "lease": tree{}}.database(t), "a bolt database of another program, with the buckets key, lease"},
		"empty":    {memkv.New(), `no bucket "v1"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := examine.Open(c.db, examine.Options{})
			if !errors.Is(err, examine.ErrForeign) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open: %v, want %q", err, c.want)
			}
			if _, err := examine.Check(c.db, examine.FsckOptions{}); !errors.Is(err, examine.ErrForeign) {
				t.Errorf("Check: %v, want ErrForeign", err)
			}
		})
	}
	for _, name := range fixtureNames(t) {
		if _, err := examine.Open(openFixture(t, name, "before.db.gz"), examine.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
