package graph_test

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// testdata/versions has the results of seven versions of containerd's package on hundreds of databases; its README
// explains how they were computed. For each database and version, Collect removes the same objects as containerd, and
// fails if containerd failed.
func TestCollectEqualsEveryVersion(t *testing.T) {
	databases := versionDatabases(t)
	file, err := os.Open("../testdata/versions/cases.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 64<<20)
	cases := 0
	for lines.Scan() {
		var c struct {
			Database string
			Now      time.Time
			Removed  map[string][]string
			Digest   map[string]string // of Removed, where that is long
			After    map[string]string // of the whole database
			Error    map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		db := databases(c.Database)
		if db == nil {
			t.Fatalf("the case names the database %q, which does not exist", c.Database)
		}
		for _, v := range rules.Versions() {
			version := v.String()
			cases++
			t.Run(c.Database+"/"+version+"/"+c.Now.Format(time.RFC3339), func(t *testing.T) {
				got, after, err := collectAs(db, v, c.Now)
				if failure := c.Error[version]; (failure != "") != (err != nil) {
					t.Fatalf("got error %v, containerd's error is %q", err, failure)
				}
				if sum := c.Digest[version]; sum != "" {
					if digestOf(got) != sum {
						t.Errorf("got %d removed objects, which differ from containerd's", len(got))
					}
				} else {
					diff(t, c.Now.String(), got, c.Removed[version])
				}
				if after != c.After[version] {
					t.Error("what is left differs from what the daemon left")
				}
			})
		}
	}
	if err := lines.Err(); err != nil || cases == 0 {
		t.Fatal(cases, err)
	}
}

// collectAs migrates a fork of the database as a daemon of the version does, and collects garbage. It returns the
// removed objects and a hash of the remaining database.
func collectAs(db *memkv.DB, v rules.Version, now time.Time) (removed []string, after string, err error) {
	fork := db.Fork()
	defer fork.Close()
	err = fork.Update(func(tx *memkv.Tx) error {
		_, err := schema.Migrate(tx, v.Schema())
		return err
	})
	if err == nil {
		err = fork.Update(func(tx *memkv.Tx) error {
			p, err := graph.Collect(tx, graph.Options{Version: v, Now: now})
			if err == nil {
				removed = names(p)
			}
			return err
		})
	}
	_ = fork.View(func(tx *memkv.Tx) error {
		h := sha256.New()
		hashTree(h, tx.Freeze())
		after = hex.EncodeToString(h.Sum(nil)[:8])
		return nil
	})
	return removed, after, err
}

func hashTree(h hash.Hash, f memkv.Frozen) {
	text := func(s []byte) {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write(s)
	}
	for key, e := range f.All() {
		if e.IsBucket() {
			h.Write([]byte("b"))
			text([]byte(key))
			hashTree(h, e.Bucket())
			h.Write([]byte("e"))
			continue
		}
		h.Write([]byte("v"))
		text([]byte(key))
		text(e.Value())
	}
}

// versionDatabases returns a function that finds a database by its name, which can be the name of a fixture.
func versionDatabases(t *testing.T) func(name string) *memkv.DB {
	file, err := os.Open("../testdata/versions/databases.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*memkv.DB{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		db, err := boltfile.Read(archive)
		if err != nil {
			t.Fatalf("%s: %v", header.Name, err)
		}
		all[header.Name] = db
	}
	return func(name string) *memkv.DB {
		if all[name] == nil {
			db, err := boltfile.Open(filepath.Join("../testdata/fixtures", strings.TrimPrefix(name, "fixtures/"), "before.db.gz"))
			if err != nil {
				t.Fatal(err)
			}
			all[name] = db
		}
		return all[name]
	}
}

// digestOf returns the digest of a long list, in the form "NUMBER SHA256".
func digestOf(removed []string) string {
	sum := sha256.Sum256([]byte(strings.Join(removed, "\n")))
	return fmt.Sprintf("%d %x", len(removed), sum)
}
