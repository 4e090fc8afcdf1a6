package policy

import (
	"slices"
	"testing"
	"time"
)

// TestKeep includes buildkit's own test vectors as the first four rows.
func TestKeep(t *testing.T) {
	for _, c := range []struct {
		name                                       string
		total, free, reserved, most, minFree, want int64
	}{
		{"minimum free", 7000, 3000, 0, 0, 5000, 5000},
		{"reserved wins over minimum free", 7000, 3000, 6000, 0, 5000, 6000},
		{"maximum below what minimum free leaves", 7000, 3000, 2000, 4000, 5000, 4000},
		{"minimum free of a smaller cache", 4000, 2000, 0, 0, 5000, 1000},
		{"no caps", 7000, 3000, 0, 0, 0, 0},
		{"reserved alone is a cap", 7000, 3000, 1000, 0, 0, 1000},
		{"enough free caps at the total", 7000, 6000, 0, 0, 5000, 7000},
		{"enough free leaves the maximum", 7000, 6000, 0, 4000, 5000, 4000},
		{"a cap of 0 is no cap", 3000, 2000, 0, 0, 5000, 0},
		{"never below the reserved space of 0", 1000, 2000, 0, 0, 5000, 0},
		{"negative", 1000, 2000, -3000, 0, 5000, -2000},
	} {
		if got := keep(c.total, c.free, c.reserved, c.most, c.minFree); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// With a cap, even a negative one, prune removes records one by one, by score. The result 0 means no cap: prune removes
// records in batches, by ID. (A negative cap needs a negative reserved space, which NewBuildkit rejects.)
func TestNegativeKeepRemovesOneByOne(t *testing.T) {
	for name, c := range map[string]struct {
		reserved int64
		want     []string
	}{
		"negative": {-9, []string{"b", "a"}},
		"at zero":  {0, []string{"a", "b"}},
	} {
		rule, err := Rule{}.compile(0)
		if err != nil {
			t.Fatal(err)
		}
		rule.reserved, rule.minFree = c.reserved, 5
		s := &Shelf{Items: []Candidate{
			{ID: "a", Kind: Build, Size: 1, LastUsed: time.Unix(9, 0)},
			{ID: "b", Kind: Build, Size: 1, LastUsed: time.Unix(5, 0)},
		}}
		if _, err := newBuildkit(nil, "").prune(time.Unix(10, 0), s, ofKind(s, Build), &rule); err != nil || !slices.Equal(s.Removed, c.want) {
			t.Errorf("%s: %q, %v, want %q", name, s.Removed, err, c.want)
		}
	}
}
