package spec

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// naiveDistance computes the edit distance from its recursive definition.
func naiveDistance(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	if a[0] == b[0] {
		return naiveDistance(a[1:], b[1:])
	}
	return 1 + min(naiveDistance(a[1:], b), naiveDistance(a, b[1:]), naiveDistance(a[1:], b[1:]))
}

func TestDistance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, random.IntN(8))
		for i := range b {
			b[i] = "abc"[random.IntN(3)]
		}
		return string(b)
	}
	for range 3000 {
		a, b, limit := word(), word(), random.IntN(9)
		if got, want := Distance(a, b, limit), min(naiveDistance(a, b), limit+1); got != want {
			t.Fatalf("from %q to %q with limit %d: %d, want %d", a, b, limit, got, want)
		}
	}
}

func TestNear(t *testing.T) {
	known := []string{"kubelet", "watermark", "interval", "lru", "lfu"}
	for name, want := range map[string]string{
		"kublet":    "kubelet",
		"Watermrak": "watermark",
		"lr":        "lru",
		"lxu":       "lru, lfu",
		"":          "",
		"buildkit":  "",
	} {
		if got := strings.Join(Near(name, known), ", "); got != want {
			t.Errorf("%q: near %q, want %q", name, got, want)
		}
	}
	const want = `policy "kublet": unknown; known are kubelet, watermark; did you mean kubelet?`
	if err := Unknown("policy", "kublet", known[:2]); err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
