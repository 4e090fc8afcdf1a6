package containerd_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/containerd"
)

// TestFindings checks FINDINGS.md: each trace breaks the named law on containerd's package, no Op can be removed, and
// the engine keeps the law.
func TestFindings(t *testing.T) {
	text, err := os.ReadFile("../FINDINGS.md")
	if err != nil {
		t.Fatal(err)
	}
	original := claims(containerd.New(t.TempDir(), time.Now, time.Sleep), proptest.Tidies)
	found := 0
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		var ops []string
		for line := range strings.Lines(section) {
			if line, ok := strings.CutPrefix(line, "    {"); ok {
				ops = append(ops, "{"+line)
			}
		}
		if len(ops) == 0 {
			continue
		}
		found++
		retry := func(new proptest.New, ops []string, opts ...proptest.Option) *proptest.Failure {
			trace := `{"holdfast":1,"snapshotters":["s","t"],"unscheduled":true}` + "\n" + strings.Join(ops, "")
			f, err := proptest.Retry(new, proptest.CrashLeavesSoundState, strings.NewReader(trace), opts...)
			if err != nil {
				t.Fatalf("%s: %v", title, err)
			}
			return f
		}
		if f := retry(original, ops, inBubble(t)); f == nil || !strings.Contains(section, "Law: "+string(f.Law)+".") {
			t.Errorf("%s: containerd: %v", title, f)
		}
		for i, op := range ops {
			if f := retry(original, slices.Delete(slices.Clone(ops), i, i+1), inBubble(t)); f != nil {
				t.Errorf("%s: %s is not needed", title, strings.TrimSpace(op))
			}
		}
		if f := retry(proptest.Engine(), ops); f != nil {
			t.Errorf("%s: the engine: %v", title, f)
		}
	}
	if found != 5 {
		t.Errorf("%d findings", found)
	}
}
