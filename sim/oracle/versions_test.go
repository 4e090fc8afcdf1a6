package oracle

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
)

const versionsDir = "../../metadata/testdata/"

// unsupported are the databases that the oracle cannot read: it does not parse their snapshotters' names and labels,
// and the simulator never makes such.
var unsupported = map[string]bool{"snapshotter-with-slash.db": true, "buckets-for-values.db": true}

// TestGarbageAsEveryVersion compares the oracle's garbage with the objects that seven versions of containerd removed
// from hundreds of databases.
func TestGarbageAsEveryVersion(t *testing.T) {
	databases := versionDatabases(t)
	lines := bufio.NewScanner(unzip(t, versionsDir+"versions/cases.jsonl.gz"))
	lines.Buffer(nil, 64<<20)
	cases := 0
	for line := 0; lines.Scan(); line++ {
		if line%slower != 0 {
			continue
		}
		var c struct {
			Database string
			Now      time.Time
			Removed  map[string][]string
			Digest   map[string]string
			Error    map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, v := range metadata.Versions() {
			version := v.String()
			if c.Error[version] != "" || unsupported[c.Database] {
				continue // the oracle does not predict failures
			}
			cases++
			got, want := garbageAs(t, databases(c.Database), v, c.Now), c.Removed[version]
			if sum := c.Digest[version]; sum != "" {
				got, want = []string{fmt.Sprintf("%d %x", len(got), sha256.Sum256([]byte(strings.Join(got, "\n"))))}, []string{sum}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s at %s:\n%q, containerd:\n%q", c.Database, version, c.Now, got, want)
			}
		}
	}
	if cases < 3000/slower {
		t.Errorf("only %d cases", cases)
	}
}

// garbageAs returns the garbage of a database under the rules of a version.
func garbageAs(t *testing.T, db *memkv.DB, v metadata.Version, now time.Time) []string {
	fork := db.Fork()
	defer fork.Close()
	if err := fork.Update(func(tx *memkv.Tx) error {
		_, err := metadata.Migrate(tx, v.Schema())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	_ = fork.View(func(tx *memkv.Tx) error {
		all, _ := tx.Freeze().Bucket("v1")
		m := newModel(rulesOf[v.String()])
		for ns, e := range all.All() {
			if e.IsBucket() {
				each(e.Bucket(), func(k key, b memkv.Frozen) { m.space(ns).set(k, decode(k, b)) })
			}
		}
		for _, at := range m.garbage(now, nil, noMark).objects {
			names = append(names, kindNames[at.kind]+"/"+at.space.name+"/"+at.name)
		}
		return nil
	})
	slices.Sort(names)
	return names
}

func unzip(t *testing.T, name string) io.Reader {
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return unzipped
}

// versionDatabases returns a function that opens a database by its name in the archive or among the fixtures.
func versionDatabases(t *testing.T) func(name string) *memkv.DB {
	all := map[string]*memkv.DB{}
	for archive := tar.NewReader(unzip(t, versionsDir+"versions/databases.tar.gz")); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if all[header.Name], err = boltfile.Read(archive); err != nil {
			t.Fatalf("%s: %v", header.Name, err)
		}
	}
	return func(name string) *memkv.DB {
		if all[name] == nil {
			db, err := boltfile.Open(filepath.Join(versionsDir, "fixtures", strings.TrimPrefix(name, "fixtures/"), "before.db.gz"))
			if err != nil {
				t.Fatal(err)
			}
			all[name] = db
		}
		return all[name]
	}
}
