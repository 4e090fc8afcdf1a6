package memkv_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestBuilderOrder puts a key after a bucket with a larger name.
func TestBuilderOrder(t *testing.T) {
	b := memkv.NewBuilder()
	if err := errors.Join(b.Enter([]byte("top"), 0), b.Enter([]byte("b"), 0), b.Leave()); err != nil {
		t.Fatal(err)
	}
	if err := b.Put([]byte("a"), nil); err == nil {
		t.Error(`"a" is put after "b"`)
	}
}

// TestForkKeepsSettings checks that a fork has the settings of its database, except for the one of WithOnClose.
func TestForkKeepsSettings(t *testing.T) {
	closed := 0
	db := memkv.New(memkv.WithOnClose(func() { closed++ }))
	db.StrictMode, db.MaxBatchSize, db.MaxBatchDelay = true, 7, 3*time.Second
	fork := db.Fork()
	if !fork.StrictMode || fork.MaxBatchSize != 7 || fork.MaxBatchDelay != 3*time.Second {
		t.Errorf("%t, %d, %s", fork.StrictMode, fork.MaxBatchSize, fork.MaxBatchDelay)
	}
	if err := fork.Close(); err != nil || closed != 0 {
		t.Errorf("after the fork is closed: %d calls, %v", closed, err)
	}
	if err := errors.Join(db.Close(), db.Close()); err != nil || closed != 1 {
		t.Errorf("after the database is closed twice: %d calls, %v", closed, err)
	}
}

// TestAddStats adds figures with a different number in each field.
func TestAddStats(t *testing.T) {
	var sum, other memkv.BucketStats
	a, b := reflect.ValueOf(&sum).Elem(), reflect.ValueOf(&other).Elem()
	for i := range a.NumField() {
		a.Field(i).SetInt(int64(100 + i))
		b.Field(i).SetInt(int64(200 + 3*i))
	}
	sum.Add(other)
	for i := range a.NumField() {
		want := int64(300 + 4*i)
		if a.Type().Field(i).Name == "Depth" {
			want = int64(200 + 3*i)
		}
		if got := a.Field(i).Int(); got != want {
			t.Errorf("%s: %d, want %d", a.Type().Field(i).Name, got, want)
		}
	}
}

// TestTakenNames creates a bucket under the name of a bucket and of a value, and counts sequences and cursors.
func TestTakenNames(t *testing.T) {
	err := memkv.New().Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("top"))
		if err != nil {
			return err
		}
		if _, err := b.CreateBucket([]byte("bucket")); err != nil {
			return err
		}
		if err := b.Put([]byte("value"), nil); err != nil {
			return err
		}
		if _, err := b.CreateBucket([]byte("bucket")); !errors.Is(err, bolterrors.ErrBucketExists) {
			t.Errorf("a bucket: %v", err)
		}
		if _, err := b.CreateBucket([]byte("value")); !errors.Is(err, bolterrors.ErrIncompatibleValue) {
			t.Errorf("a value: %v", err)
		}
		for want := range uint64(3) {
			if n, err := b.NextSequence(); err != nil || n != want+1 {
				t.Errorf("sequence %d, %v", n, err)
			}
		}
		before := tx.Stats()
		b.Cursor()
		after := tx.Stats()
		if n := after.GetCursorCount() - before.GetCursorCount(); n != 1 {
			t.Errorf("%d cursors", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
