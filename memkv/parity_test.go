package memkv_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	bolt "go.etcd.io/bbolt"
)

// exclusions lists the deliberate differences between methods of memkv and bbolt. In each of them bbolt's result
// depends on the layout of its pages, loses data, or is a crash.
var exclusions = map[exclusion]string{
	placedCursor: "Next and Prev after a change: bbolt requires a new First, Last or Seek, because its result depends on " +
		"whether the page was materialised before; memkv continues from the key",
	prevOverEmptied: "Prev over keys deleted in the same transaction: bbolt ends early at an emptied leaf page; memkv continues",
	nilInTransaction: "Get after Put(key, nil) in the same transaction: bbolt returns nil until the commit, then an empty value; " +
		"memkv returns an empty value at once",
	moveUncommitted: "MoveBucket of a bucket changed in the same transaction: bbolt moves it as last committed and loses the changes; " +
		"memkv moves it with the changes",
	moveIntoItself: "MoveBucket into the moved bucket: bbolt drops the bucket; memkv returns ErrSameBuckets",
	deletedBucket: "a *Bucket or Cursor of a deleted bucket, and in bbolt of a moved bucket: bbolt crashes or loses writes; in memkv " +
		"writes to a deleted bucket have no effect, and a *Bucket of a moved bucket stays valid",
	emptyName: "DeleteBucket and MoveBucket of an empty name: bbolt returns ErrIncompatibleValue if the bucket's first page is empty, " +
		"otherwise ErrBucketNotFound; memkv always returns ErrBucketNotFound",
	unplacedDelete: "Cursor.Delete before any movement: bbolt panics with an index out of range; memkv has no effect",
	closedReads: "reads after the end of a transaction that return no error: bbolt panics, often by a nil dereference, or returns " +
		"cached data; memkv panics with 'tx closed'",
	rootSequence: "the sequence of the root bucket, which only Tx.Cursor().Bucket() gives access to: bbolt doesn't store it; memkv does",
	closeWaits:   "Close with open readers: bbolt waits for them; memkv doesn't, because their snapshot needs no file",
}

type exclusion string

const (
	placedCursor     exclusion = "cursor after change"
	prevOverEmptied  exclusion = "prev over emptied pages"
	nilInTransaction exclusion = "nil value in its transaction"
	moveUncommitted  exclusion = "move of uncommitted changes"
	moveIntoItself   exclusion = "move into itself"
	deletedBucket    exclusion = "deleted bucket"
	emptyName        exclusion = "empty name"
	unplacedDelete   exclusion = "delete at unplaced cursor"
	closedReads      exclusion = "reads after the end"
	rootSequence     exclusion = "sequence of the root"
	closeWaits       exclusion = "close with readers"
)

// excluded reports whether the exclusion applies to a step.
func excluded(why exclusion, applies bool) bool {
	if exclusions[why] == "" {
		panic("unknown exclusion: " + why)
	}
	return applies
}

var seeds = flag.Int("seeds", 50, "number of random histories")

func openBolt(t testing.TB) *bolt.DB {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, &bolt.Options{
		NoSync: true, NoFreelistSync: true, NoGrowSync: true, PageSize: 1024,
		// With an open reader, a writer that needs a larger map would wait for ever.
		InitialMmapSize: 64 << 20,
	})
	must(err)
	db.MaxBatchDelay = 0
	t.Cleanup(func() { must(db.Close()) })
	return db
}

func TestParityWithBolt(t *testing.T) {
	for seed := range uint64(*seeds) {
		comparePlays(t, fmt.Sprintf("seed %d", seed), randomHistory(seed))
	}
}

func FuzzParityWithBolt(f *testing.F) {
	f.Add([]byte("memkv"))
	f.Add([]byte(strings.Repeat("\x01\x00\x03\x07\x02", 200)))
	f.Fuzz(func(t *testing.T, data []byte) {
		comparePlays(t, "fuzzed bytes", drawHistory(&byteChooser{data}, 6, 20))
	})
}

// comparePlays plays h on both stores and shows the first difference with the preceding steps.
func comparePlays(t *testing.T, name string, h history) {
	t.Helper()
	db, other := memkv.New(memkv.WithStrictMode()), openBolt(t)
	ours := append(play(db, h), inspect(db.View))
	theirs := append(play(other, h), inspect(other.View))
	for i := range max(len(ours), len(theirs)) {
		got, want := at(ours, i), at(theirs, i)
		if got == want {
			continue
		}
		g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
		j := 0
		for at(g, j) == at(w, j) {
			j++
		}
		var before strings.Builder
		for _, line := range theirs[max(0, i-30):i] {
			fmt.Fprintf(&before, "  %.200s\n", line)
		}
		t.Fatalf("%s: memkv differs from bbolt after\n%s  bbolt: %s\n  memkv: %s", name, &before, at(w, j), at(g, j))
	}
}

// at returns line i, or a text that differs from every line.
func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// inspect returns the result of Inspect for the last commit.
func inspect[T interface{ Inspect() S }, S any](view func(func(T) error) error) (out string) {
	must(view(func(tx T) error { out = fmt.Sprint(tx.Inspect()); return nil }))
	return out
}
