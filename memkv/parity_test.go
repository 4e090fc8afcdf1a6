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

// exclusions is all in which memkv deliberately isn't bbolt, where both have the
// same method. In each bbolt's result depends on the layout of its pages, loses
// data, or is a crash.
var exclusions = map[exclusion]string{
	placedCursor: "Next and Prev after a change: bbolt asks to place the cursor anew, since what it returns depends on " +
		"whether the page was materialised before; memkv goes on from the key",
	prevOverEmptied: "Prev over keys deleted in the same transaction: bbolt ends early at a leaf page that was emptied; memkv goes on",
	nilInTransaction: "Get after Put(key, nil) in the same transaction: bbolt returns nil until the commit, then an empty value; " +
		"memkv an empty value at once",
	moveUncommitted: "MoveBucket of a bucket changed in the same transaction: bbolt moves it as last committed and loses the changes; " +
		"memkv moves it as it is",
	moveIntoItself: "MoveBucket into the moved bucket: bbolt drops the bucket; memkv returns ErrSameBuckets",
	deletedBucket: "a *Bucket or Cursor of a bucket that was deleted, and in bbolt of one that was moved: bbolt crashes or loses what " +
		"is written; in memkv it has no effect, and a moved one stays good",
	emptyName: "DeleteBucket and MoveBucket of an empty name: bbolt returns ErrIncompatibleValue if the bucket's first page is empty, " +
		"otherwise ErrBucketNotFound; memkv always the latter",
	unplacedDelete: "Cursor.Delete before any movement: bbolt panics with an index out of range; memkv does nothing",
	closedReads: "reads after the end of a transaction that return no error: bbolt panics, often by a nil dereference, or returns " +
		"what is cached; memkv panics with 'tx closed'",
	rootSequence: "the sequence of the root bucket, which only Tx.Cursor().Bucket() leads to: bbolt doesn't store it; memkv does",
	closeWaits:   "Close with open readers: bbolt waits for them; memkv doesn't, as their snapshot needs no file",
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

// excluded returns whether a step is left out, for the named reason.
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
		comparePlays(t, "fuzzed", drawHistory(&fuzzed{data}, 6, 20))
	})
}

// comparePlays plays h on both, and shows the first difference with what led to it.
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

// at returns a line, or something that no line is like.
func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// inspect returns what Inspect says of the last commit.
func inspect[T interface{ Inspect() S }, S any](view func(func(T) error) error) (out string) {
	must(view(func(tx T) error { out = fmt.Sprint(tx.Inspect()); return nil }))
	return out
}
