package containerd_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/containerd"
)

// TestFindings holds what FINDINGS.md says against both: containerd's package breaks the law, and the engine does not.
func TestFindings(t *testing.T) {
	text, err := os.ReadFile("../FINDINGS.md")
	if err != nil {
		t.Fatal(err)
	}
	original := claims(containerd.New(t.TempDir(), time.Now, time.Sleep), proptest.Tidies)
	found := 0
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		trace := `{"holdfast":1,"snapshotters":["s","t"],"unscheduled":true}` + "\n"
		ops := 0
		for line := range strings.Lines(section) {
			if line, ok := strings.CutPrefix(line, "    {"); ok {
				trace += "{" + line
				ops++
			}
		}
		if ops == 0 {
			continue
		}
		found++
		const law = "a crash leaves a sound state"
		f, err := proptest.Retry(original, law, strings.NewReader(trace), inBubble(t))
		if err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		if f == nil || !strings.Contains(section, "Law: "+f.Law+".") {
			t.Errorf("%s: containerd: %v", title, f)
		}
		if f, err := proptest.Retry(proptest.Engine(), law, strings.NewReader(trace)); f != nil || err != nil {
			t.Errorf("%s: the engine: %v %v", title, f, err)
		}
	}
	if found != 4 {
		t.Errorf("%d findings", found)
	}
}
