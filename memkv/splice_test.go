package memkv

import (
	"fmt"
	"strings"
	"testing"
)

// The first change of a packed bucket gives the same bytes as the same change in a tree, or is refused.
func TestSplice(t *testing.T) {
	taken := map[bool]int{}
	for _, entries := range []int{1, 2, 5, fewMax - 1, fewMax} {
		for _, sequence := range []uint64{0, 5, 1 << 40} {
			for _, total := range []int{0, 200, packedSizeMax - 300, packedSizeMax - 8, packedSizeMax - 7, packedSizeMax} {
				was := packedBucket(entries, sequence, total)
				if was.tree != nil {
					t.Fatalf("%d entries of %d bytes are not packed", entries, total)
				}
				for _, key := range []string{"", "k", "k00", "k00a", fmt.Sprintf("k%02d", entries-1), "nested", "z"} {
					for _, e := range []entry{
						{},
						{contents: contents{packed: "v"}},
						{contents: contents{packed: strings.Repeat("w", 290)}},
						{contents: contents{packed: "\x00\x02a\x01x"}, bucket: true},
						{bucket: true},
						{contents: contents{tree: new(tree)}, bucket: true},
					} {
						name := fmt.Sprintf("%d entries of %d bytes, sequence %d: %.9q, bucket %t, %d bytes", entries, total,
							sequence, key, e.bucket, len(e.packed))
						taken[compareSplice(t, name, was, key, e, false)]++
					}
					name := fmt.Sprintf("%d entries of %d bytes, sequence %d: %.9q removed", entries, total, sequence, key)
					taken[compareSplice(t, name, was, key, entry{}, true)]++
				}
			}
		}
	}
	if taken[true] < 1000 || taken[false] < 1000 {
		t.Errorf("%d changes were spliced, %d refused", taken[true], taken[false])
	}
}

// packedBucket returns a bucket with n entries, the last of which is a bucket. Their sizes add up to total if they can.
func packedBucket(n int, sequence uint64, total int) contents {
	c := &tree{sequence: sequence}
	for i := range n - 1 {
		c.set(fmt.Sprintf("k%02d", i), entry{contents: contents{packed: "v"}})
	}
	c.set("nested", entry{bucket: true})
	for size := 0; c.size < total && n > 1; size++ {
		c.set("k00", entry{contents: contents{packed: strings.Repeat("v", size)}})
	}
	return c.finish()
}

func compareSplice(t *testing.T, name string, was contents, key string, e entry, removed bool) (spliced bool) {
	t.Helper()
	own := &draft{}
	b := &Bucket{tx: &Tx{}, contents: was, draft: own}
	spliced = b.splice(key, e, removed)
	there, replaced := was.find(key)
	slow := unpack(was.packed)
	if removed {
		slow.remove(key)
	} else {
		slow.set(key, e)
	}
	want := slow.finish()
	refuse := want.tree != nil || replaced && !removed && there.bucket != e.bucket
	if removed {
		refuse = !replaced || was.len() == 1
	}
	switch {
	case spliced == refuse:
		t.Fatalf("%s: spliced %t", name, spliced)
	case !spliced && (b.contents != was || own.stale || own.version != 0):
		t.Fatalf("%s: a refused change had an effect", name)
	case spliced && b.contents != want:
		t.Fatalf("%s:\n%.80q, want\n%.80q", name, b.packed, want.packed)
	case spliced && (!own.stale || own.owned || own.version != 1):
		t.Fatalf("%s: the draft does not know the change", name)
	case spliced && b.splice(key, e, removed):
		t.Fatalf("%s: a second change was spliced", name)
	}
	return spliced
}
