package boltutil_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	original "github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/typeurl/v2"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
)

// inBoth calls ours with an empty memkv bucket and theirs with an empty bbolt bucket. It compares the results and the
// contents of the buckets.
func inBoth(t *testing.T, name string, ours func(*memkv.Bucket) (any, error), theirs func(*bolt.Bucket) (any, error)) {
	t.Helper()
	var our, their string
	err := memkv.New().Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		if err != nil {
			return err
		}
		result, err := ours(b)
		our = fmt.Sprintf("%+v %v\n", result, err != nil) + dump(b.ForEach, func(k []byte) each { return b.Bucket(k).ForEach })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		if err != nil {
			return err
		}
		result, err := theirs(b)
		their = fmt.Sprintf("%+v %v\n", result, err != nil) + dump(b.ForEach, func(k []byte) each { return b.Bucket(k).ForEach })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if our != their {
		t.Errorf("%s\nours:\n%s\ntheirs:\n%s", name, our, their)
	}
}

type each = func(fn func(k, v []byte) error) error

func dump(entries each, nested func(k []byte) each) (text string) {
	_ = entries(func(k, v []byte) error {
		if v != nil {
			text += fmt.Sprintf("%q %q\n", k, v)
			return nil
		}
		text += fmt.Sprintf("%q\n", k)
		return nested(k)(func(k, v []byte) error {
			text += fmt.Sprintf(" %q %q\n", k, v)
			return nil
		})
	})
	return text
}

func TestMaps(t *testing.T) {
	for _, m := range []map[string]string{
		nil, {}, {"a": ""}, {"a": "1"}, {"b": "2", "a": "1", "c": ""}, {"": "x"}, {strings.Repeat("k", 40000): "v"},
	} {
		before := maps.Clone(m)
		inBoth(t, fmt.Sprintf("labels and annotations %.100v", m),
			func(b *memkv.Bucket) (any, error) {
				err := boltutil.WriteLabels(b, map[string]string{"old": "x"})
				if err == nil {
					err = boltutil.WriteLabels(b, m)
				}
				if err == nil {
					err = boltutil.WriteAnnotations(b, m)
				}
				labels, _ := boltutil.ReadLabels(b)
				annotations, _ := boltutil.ReadAnnotations(b)
				return []any{labels, annotations, labels == nil, annotations == nil}, err
			},
			func(b *bolt.Bucket) (any, error) {
				err := original.WriteLabels(b, map[string]string{"old": "x"})
				if err == nil {
					err = original.WriteLabels(b, maps.Clone(m))
				}
				if err == nil {
					err = original.WriteAnnotations(b, maps.Clone(m))
				}
				labels, _ := original.ReadLabels(b)
				annotations, _ := original.ReadAnnotations(b)
				return []any{labels, annotations, labels == nil, annotations == nil}, err
			})
		if !reflect.DeepEqual(m, before) {
			t.Errorf("%v became %v", before, m)
		}
	}
}

func TestTimestamps(t *testing.T) {
	created, updated := time.Unix(1, 2).UTC(), time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 7200))
	unstorable := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 1<<25))
	for _, stamps := range [][2]time.Time{{created, updated}, {unstorable, updated}, {created, unstorable}, {}} {
		inBoth(t, fmt.Sprint(stamps),
			func(b *memkv.Bucket) (any, error) {
				var c, u time.Time
				err := boltutil.WriteTimestamps(b, stamps[0], stamps[1])
				if err == nil {
					err = boltutil.ReadTimestamps(b, &c, &u)
				}
				return []time.Time{c, u}, err
			},
			func(b *bolt.Bucket) (any, error) {
				var c, u time.Time
				err := original.WriteTimestamps(b, stamps[0], stamps[1])
				if err == nil {
					err = original.ReadTimestamps(b, &c, &u)
				}
				return []time.Time{c, u}, err
			})
	}
	inBoth(t, "absent and damaged",
		func(b *memkv.Bucket) (any, error) {
			c, u := created, updated
			_ = b.Put([]byte("updatedat"), []byte("x"))
			err := boltutil.ReadTimestamps(b, &c, &u)
			return []time.Time{c, u}, err
		},
		func(b *bolt.Bucket) (any, error) {
			c, u := created, updated
			_ = b.Put([]byte("updatedat"), []byte("x"))
			err := original.ReadTimestamps(b, &c, &u)
			return []time.Time{c, u}, err
		})
}

func message(text string) typeurl.Any {
	return &anypb.Any{TypeUrl: "type/" + text, Value: []byte(text)}
}

func wire(a typeurl.Any) string {
	v, err := proto.MarshalOptions{Deterministic: true}.Marshal(typeurl.MarshalProto(a))
	return fmt.Sprintf("%q %v", v, err)
}

func TestMessages(t *testing.T) {
	inBoth(t, "extensions",
		func(b *memkv.Bucket) (any, error) {
			for _, m := range []map[string]typeurl.Any{{"a": message("1")}, nil, {"b": message("2"), "c": nil}} {
				if err := boltutil.WriteExtensions(b, m); err != nil {
					return nil, err
				}
			}
			m, err := boltutil.ReadExtensions(b)
			return []any{len(m), wire(m["a"]), wire(m["b"]), wire(m["c"])}, err
		},
		func(b *bolt.Bucket) (any, error) {
			for _, m := range []map[string]typeurl.Any{{"a": message("1")}, nil, {"b": message("2"), "c": nil}} {
				if err := original.WriteExtensions(b, m); err != nil {
					return nil, err
				}
			}
			m, err := original.ReadExtensions(b)
			return []any{len(m), wire(m["a"]), wire(m["b"]), wire(m["c"])}, err
		})
	inBoth(t, "no extensions",
		func(b *memkv.Bucket) (any, error) { return boltutil.ReadExtensions(b) },
		func(b *bolt.Bucket) (any, error) { return original.ReadExtensions(b) })
	for _, a := range []typeurl.Any{nil, (*anypb.Any)(nil), message("x"), &anypb.Any{}, &anypb.Any{TypeUrl: "\xff"}} {
		inBoth(t, wire(a),
			func(b *memkv.Bucket) (any, error) {
				if err := boltutil.WriteAny(b, []byte("k"), a); err != nil {
					return nil, err
				}
				got, err := boltutil.ReadAny(b, []byte("k"))
				return []any{got == nil, wire(got)}, err
			},
			func(b *bolt.Bucket) (any, error) {
				if err := original.WriteAny(b, []byte("k"), a); err != nil {
					return nil, err
				}
				got, err := original.ReadAny(b, []byte("k"))
				return []any{got == nil, wire(got)}, err
			})
	}
	inBoth(t, "damaged",
		func(b *memkv.Bucket) (any, error) {
			_ = b.Put([]byte("k"), []byte("x"))
			_, err := boltutil.ReadAny(b, []byte("k"))
			return nil, err
		},
		func(b *bolt.Bucket) (any, error) {
			_ = b.Put([]byte("k"), []byte("x"))
			_, err := original.ReadAny(b, []byte("k"))
			return nil, err
		})
}

func TestTransaction(t *testing.T) {
	if _, ok := boltutil.Transaction(context.Background()); ok {
		t.Error("a context without a transaction has one")
	}
	err := memkv.New().View(func(tx *memkv.Tx) error {
		ctx := boltutil.WithTransaction(context.Background(), tx)
		if got, ok := boltutil.Transaction(ctx); got != tx || !ok {
			t.Errorf("%v, %v", got, ok)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func Example() {
	err := memkv.New().Update(func(tx *memkv.Tx) error {
		record, err := tx.CreateBucket([]byte("record"))
		if err != nil {
			return err
		}
		if err := boltutil.WriteLabels(record, map[string]string{"color": "green", "size": ""}); err != nil {
			return err
		}
		labels, err := boltutil.ReadLabels(record)
		fmt.Println(labels)
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: map[color:green]
}
