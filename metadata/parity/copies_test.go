package parity

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// ways lead from one database to another that must hold the same.
var ways = []struct {
	name string
	copy func(d databases) (*memkv.DB, error)
}{
	{"a dump", func(d databases) (*memkv.DB, error) {
		var text bytes.Buffer
		d.view(func(tx *memkv.Tx) { _ = tx.Dump(&text) })
		return parseDump(text.String())
	}},
	{"bbolt's file", func(d databases) (*memkv.DB, error) {
		var file bytes.Buffer
		if err := d.file.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(&file); return err }); err != nil {
			return nil, err
		}
		return boltfile.ReadBytes(file.Bytes())
	}},
	{"a file that bbolt opens", func(d databases) (*memkv.DB, error) {
		path := filepath.Join(d.t.TempDir(), "b.db")
		var size int64
		d.view(func(tx *memkv.Tx) {
			if err := tx.CopyFile(path, 0o600); err != nil {
				d.t.Error(err)
			}
			size = tx.Size()
		})
		file := openFile(d.t, path)
		if theirs, ours := d.texts(file); theirs != ours {
			return nil, fmt.Errorf("bbolt reads something else")
		}
		var whole bytes.Buffer
		if err := file.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(&whole); return err }); err != nil || int64(whole.Len()) != size {
			return nil, fmt.Errorf("%d bytes instead of %d: %v", whole.Len(), size, err)
		}
		return boltfile.Open(path)
	}},
	{"moved buckets", func(d databases) (*memkv.DB, error) {
		to := d.kv.Fork()
		return to, to.Update(func(tx *memkv.Tx) error {
			root := tx.Cursor().Bucket()
			aside, err := tx.CreateBucket([]byte("aside"))
			if err != nil {
				return err
			}
			if in, err := aside.CreateBucket([]byte("in")); err != nil || root.MoveBucket([]byte("aside"), in) == nil {
				return fmt.Errorf("a bucket can be moved into itself: %v", err)
			}
			for name := range tx.Freeze().All() {
				if name == "aside" {
					continue
				}
				moved := root.Bucket([]byte(name))
				err = errors.Join(err, root.MoveBucket([]byte(name), aside), moved.Put([]byte("moved"), nil))
				if aside.BucketAt(name).Get([]byte("moved")) == nil {
					err = errors.Join(err, errors.New("a moved bucket is no longer written to"))
				}
				err = errors.Join(err, aside.MoveBucket([]byte(name), root), moved.Delete([]byte("moved")))
			}
			return errors.Join(err, tx.DeleteBucket([]byte("aside")))
		})
	}},
	{"a fork", func(d databases) (*memkv.DB, error) {
		return d.kv.Fork(), d.kv.Fork().Update(func(tx *memkv.Tx) error { return apply(tx, drawEdits(rand.New(rand.NewPCG(1, 1)), 50)) })
	}},
	{"the entries, put in reverse order", func(d databases) (*memkv.DB, error) {
		to := memkv.New()
		return to, to.Update(func(tx *memkv.Tx) (err error) {
			d.view(func(from *memkv.Tx) { err = putReversed(tx.Cursor().Bucket(), from.Cursor().Bucket()) })
			return err
		})
	}},
	{"the buckets, put whole", func(d databases) (*memkv.DB, error) {
		to := memkv.New()
		return to, to.Update(func(tx *memkv.Tx) (err error) {
			d.view(func(from *memkv.Tx) {
				for name, e := range from.Freeze().All() {
					err = errors.Join(err, tx.Cursor().Bucket().PutBucket([]byte(name), e.Bucket()))
				}
			})
			return err
		})
	}},
	{"the parts of buckets", func(d databases) (*memkv.DB, error) {
		b := memkv.NewBuilder()
		d.view(func(tx *memkv.Tx) {
			for name, e := range tx.Freeze().All() {
				_ = b.Enter([]byte(name), e.Bucket().Sequence())
				appendParts(b, e.Bucket())
				_ = b.Leave()
			}
		})
		return b.DB()
	}},
}

// putReversed puts the entries of a bucket into an empty one, the last first.
func putReversed(to, from *memkv.Bucket) error {
	err := to.SetSequence(from.Sequence())
	c := from.Cursor()
	for key, value := c.Last(); key != nil && err == nil; key, value = c.Prev() {
		if value != nil {
			err = to.Put(key, value)
			continue
		}
		inner, made := to.CreateBucket(key)
		if err = made; err == nil {
			err = putReversed(inner, from.Bucket(key))
		}
	}
	return err
}

// appendParts adds the entries of a bucket to the current bucket of a Builder, in parts of ten entries.
func appendParts(b *memkv.Builder, from memkv.Frozen) {
	part, n := memkv.NewPartBuilder(), 0
	flush := func() {
		p, _ := part.Part()
		_ = b.Append(p)
		n = 0
	}
	for key, e := range from.All() {
		if n++; n > 10 {
			flush()
		}
		build(part, key, e)
	}
	flush()
}

// build adds an entry to a Builder.
func build(b *memkv.Builder, key string, e memkv.Entry) {
	if !e.IsBucket() {
		_ = b.Put([]byte(key), e.Value())
		return
	}
	_ = b.Enter([]byte(key), e.Bucket().Sequence())
	for key, e := range e.Bucket().All() {
		build(b, key, e)
	}
	_ = b.Leave()
}

// parseDump returns the database of a dump.
func parseDump(text string) (*memkv.DB, error) {
	var b memkv.Builder
	if b.Put(nil, nil) == nil {
		return nil, errors.New("a Builder takes an empty key")
	}
	b.Reset()
	depth := 0
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	first := true
	for ; lines.Scan(); first = false {
		line := strings.TrimLeft(lines.Text(), " ")
		for (len(lines.Text())-len(line))/2 < depth {
			depth--
			if err := b.Leave(); err != nil {
				return nil, err
			}
		}
		quoted, _ := strconv.QuotedPrefix(line)
		key, _ := strconv.Unquote(quoted)
		rest := strings.TrimPrefix(line[len(quoted):], " ")
		var sequence uint64
		_, err := fmt.Sscanf(rest, "sequence %d", &sequence)
		switch {
		case err == nil && first:
			err = b.SetSequence(sequence)
		case err == nil:
			depth++
			err = b.Enter([]byte(key), sequence)
		default:
			var value string
			if value, err = strconv.Unquote(strings.TrimPrefix(rest, "= ")); err == nil {
				err = b.Put([]byte(key), []byte(value))
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
	}
	for ; depth > 0; depth-- {
		if err := b.Leave(); err != nil {
			return nil, err
		}
	}
	return b.DB()
}
