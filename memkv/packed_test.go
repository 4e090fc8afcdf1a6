package memkv

import (
	"strings"
	"testing"
)

// FuzzPacked scans arbitrary bytes. A scan ends and finds only entries inside them. Either Check reports a fault, or
// the entries can be written again with the same hash.
func FuzzPacked(f *testing.F) {
	for _, packed := range []string{
		"",
		"\x00",
		"\x07\x02a\x01x",
		(&tree{sequence: 1 << 63, few: []row{{"key", entry{contents: contents{packed: "value"}}}, {"nested", entry{bucket: true}}}}).finish().packed,
		"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, packed string) {
		c := contents{packed: packed}
		rewritten := &tree{sequence: c.sequence()}
		s := scan(packed)
		for s.step() {
			if e, ok := c.find(s.key); !ok || len(e.packed) > len(packed) {
				t.Fatalf("key %q: not found", s.key)
			}
			rewritten.few = append(rewritten.few, row{s.key, s.entry()})
		}
		if len(rewritten.few) != c.len() {
			t.Fatalf("%d entries, Len says %d", len(rewritten.few), c.len())
		}
		faults := c.check(HexKVStringer())
		if s.broken && len(faults) == 0 {
			t.Fatal("Check reports no fault of an unreadable bucket")
		}
		if len(faults) > 0 || len(packed) > packedSizeMax || len(rewritten.few) > fewMax {
			return
		}
		again := rewritten.finish().packed
		if (contents{packed: again}).hash() != c.hash() {
			t.Fatalf("%q became %q", packed, again)
		}
	})
}

func TestCheckFaults(t *testing.T) {
	plain := func(key string) row { return row{key, entry{contents: contents{packed: "v"}}} }
	for want, c := range map[string]contents{
		"sequence cannot be read":   {packed: "\xff"},
		"root: sequence cannot be":  {packed: strings.Repeat("\xff", 9) + "\x02"}, // of 65 bits
		"entry at byte 5":           {packed: "\x00\x02a\x01x\x02b\x05x"},
		"entry at byte 1":           {packed: "\x00\x04a"},
		"key 61: not after 62":      {packed: "\x00\x02b\x00\x02a\x00"},
		"not after":                 {tree: &tree{few: []row{plain("")}, size: 3}},
		"counted as 0 and 0":        {tree: &tree{few: []row{plain("a")}}},
		"bucket root/61: 0 bytes":   {tree: &tree{few: []row{{"a", entry{contents{tree: &tree{few: []row{}, size: -1}}, true}}}}},
		"both a value and a tree":   {tree: &tree{few: []row{{"a", entry{contents{tree: &tree{}}, false}}}, size: 3, subtrees: 1}},
		"bucket root/61: entry at ": {packed: "\x00\x03a\x02\x00\x04"},
	} {
		t.Run(want, func(t *testing.T) {
			var all strings.Builder
			for _, fault := range c.check(HexKVStringer()) {
				all.WriteString(fault.Error() + "\n")
			}
			if !strings.Contains(all.String(), want) {
				t.Errorf("got %q, want %q", all.String(), want)
			}
		})
	}
}

// A bucket's form follows its size and does not alternate near the limit.
func TestBucketForm(t *testing.T) {
	b := &Bucket{tx: &Tx{}, draft: &draft{}}
	form := func() string {
		c := b.freeze()
		switch {
		case c.tree == nil:
			return "packed"
		case c.tree.many == nil:
			return "few"
		default:
			return "many"
		}
	}
	key := func(i int) string { return string(rune('a' + i)) }
	was := "packed"
	var changes []string
	note := func() {
		if now := form(); now != was {
			changes = append(changes, now)
			was = now
		}
	}
	for i := range fewMax + 10 {
		b.edit().set(key(i), entry{})
		note()
	}
	for i := range fewMax + 10 {
		b.edit().remove(key(i))
		note()
		b.edit().set(key(i), entry{})
		note()
		b.edit().remove(key(i))
		note()
	}
	b.edit().set("large", entry{contents: contents{packed: strings.Repeat("x", packedSizeMax)}})
	note()
	if got := strings.Join(changes, " "); got != "many packed few" {
		t.Errorf("changed to %s", got)
	}
}

type plainStringer struct{}

func (plainStringer) KeyToString(key []byte) string     { return string(key) }
func (plainStringer) ValueToString(value []byte) string { return string(value) }

func TestCheckFormatsKeys(t *testing.T) {
	db := New()
	db.head.Store(&snapshot{root: contents{packed: "\x00\x02b\x00\x02a\x00"}})
	err := db.View(func(tx *Tx) error { return <-tx.Check(WithKVStringer(plainStringer{})) })
	if want := "bucket root: key a: not after b"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
