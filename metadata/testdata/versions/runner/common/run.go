// Package common is the shared part of the runners of all containerd versions. It opens copies of databases with one
// version's metadata package, collects each at a given time, and records the removed nodes.
package common

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"
)

var (
	jobsFile    = flag.String("jobs", "", "JSON list of jobs")
	resultsFile = flag.String("results", "", "where the JSON list of results goes, in the order of the jobs")
)

// Job is one database and the time at which to collect it.
type Job struct {
	Database string    `json:"database"` // path of a file, which is not modified
	Now      time.Time `json:"now"`      // after 2000-01-01, the start of the fake clock
}

// Result is the result of a Job.
type Result struct {
	Removed []string `json:"removed"`         // sorted node names
	After   string   `json:"after"`           // hash of the database after the collection
	Error   string   `json:"error,omitempty"` // of Init or of the collection
}

// DB is the part of containerd's metadata.DB under test.
type DB struct {
	Init           func(context.Context) error
	GarbageCollect func(context.Context) error
}

// Run runs the jobs named on the command line.
func Run(t *testing.T, open func(*bolt.DB) DB) {
	var jobs []Job
	data, err := os.ReadFile(*jobsFile)
	if err != nil {
		t.Fatalf("the list of jobs, -args -jobs FILE -results FILE: %v", err)
	}
	if err := json.Unmarshal(data, &jobs); err != nil {
		t.Fatal(err)
	}
	results := make([]Result, len(jobs))
	for i, job := range jobs {
		results[i] = do(t, job, open)
	}
	if data, err = json.Marshal(results); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*resultsFile, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, job Job, open func(*bolt.DB) DB) Result {
	data, err := os.ReadFile(job.Database)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "versions")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "meta.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		t.Fatalf("%s: %v", job.Database, err)
	}
	defer db.Close()

	var before []string
	var failure error
	at(t, job.Now, func(ctx context.Context) {
		opened := open(db)
		if failure = opened.Init(ctx); failure == nil {
			before = nodes(t, db)
			failure = opened.GarbageCollect(ctx)
		}
	})
	result := Result{Removed: []string{}, After: hashDatabase(t, db)}
	if failure != nil {
		result.Error = failure.Error()
	}
	after := nodes(t, db)
	for _, node := range before {
		if _, kept := slices.BinarySearch(after, node); !kept {
			result.Removed = append(result.Removed, node)
		}
	}
	return result
}

// at runs fn at time now of the fake clock. A failed collection leaks a goroutine, which the synctest bubble reports as
// a deadlock after fn has returned.
func at(t *testing.T, now time.Time, fn func(context.Context)) {
	done := false
	defer func() {
		if r := recover(); r != nil && !done {
			panic(r)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now))
		if !time.Now().Equal(now) {
			t.Errorf("the clock says %v, not %v", time.Now(), now)
		}
		fn(context.Background())
		done = true
	})
}

// nodes returns the sorted names of all objects.
func nodes(t *testing.T, db *bolt.DB) []string {
	var names []string
	err := db.View(func(tx *bolt.Tx) error {
		v1 := tx.Bucket([]byte("v1"))
		children(v1, func(ns string, nsBucket *bolt.Bucket) {
			list := func(kind string, path ...string) {
				bucket := nsBucket
				for _, name := range path {
					if bucket != nil {
						bucket = bucket.Bucket([]byte(name))
					}
				}
				children(bucket, func(key string, _ *bolt.Bucket) {
					names = append(names, kind+"/"+ns+"/"+key)
				})
			}
			list("lease", "leases")
			list("image", "images")
			list("content", "content", "blob")
			list("ingest", "content", "ingests")
			list("container", "containers")
			list("sandbox", "sandboxes")
			children(nsBucket.Bucket([]byte("snapshots")), func(snapshotter string, of *bolt.Bucket) {
				children(of, func(key string, _ *bolt.Bucket) {
					names = append(names, "snapshot/"+ns+"/"+snapshotter+"/"+key)
				})
			})
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// children calls fn with each bucket directly inside b. b may be nil.
func children(b *bolt.Bucket, fn func(string, *bolt.Bucket)) {
	if b == nil {
		return
	}
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if child := b.Bucket(bytes.Clone(k)); v == nil && child != nil {
			fn(string(k), child)
		}
	}
}
