package boltfile_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
)

// dumpDB returns a text that is equal for equal databases only.
func dumpDB(t testing.TB, db *memkv.DB) string {
	t.Helper()
	var b strings.Builder
	if err := db.View(func(tx *memkv.Tx) error { dumpFrozen(&b, tx.Freeze(), ""); return nil }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func dumpFrozen(b *strings.Builder, f memkv.Frozen, indent string) {
	fmt.Fprintf(b, "%ssequence %d\n", indent, f.Sequence())
	for key, e := range f.All() {
		if e.IsBucket() {
			fmt.Fprintf(b, "%s%q:\n", indent, key)
			dumpFrozen(b, e.Bucket(), indent+" ")
			continue
		}
		dumpValue(b, indent, key, e.Value())
	}
}

// dumpBolt is dumpDB of the contents that bbolt reads from the file at path, after bbolt's own check.
func dumpBolt(t testing.TB, path string) string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b strings.Builder
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("bbolt's check: %v", err)
		}
		return dumpBucket(&b, tx.Cursor().Bucket(), "")
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func dumpBucket(b *strings.Builder, bucket *bbolt.Bucket, indent string) error {
	fmt.Fprintf(b, "%ssequence %d\n", indent, bucket.Sequence())
	return bucket.ForEach(func(key, value []byte) error {
		if value == nil {
			fmt.Fprintf(b, "%s%q:\n", indent, key)
			return dumpBucket(b, bucket.Bucket(key), indent+" ")
		}
		dumpValue(b, indent, string(key), value)
		return nil
	})
}

func dumpValue(b *strings.Builder, indent, key string, value []byte) {
	b.WriteString(indent)
	b.WriteString(strconv.Quote(key))
	b.WriteString(" = ")
	b.WriteString(hex.EncodeToString(value))
	b.WriteByte('\n')
}

// fixtures are the databases of real daemons, gzip'd.
func fixtures(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../../metadata/testdata/fixtures/*/*.db.gz")
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d fixtures, %v", len(paths), err)
	}
	return paths
}

const largeFixture = "../../metadata/testdata/fixtures/c242-large/before.db.gz"

// unpack returns the contents of the gzip'd file at path.
func unpack(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func packed(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// save writes data to a new file and returns its path.
func save(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meta.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
