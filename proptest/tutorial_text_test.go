package proptest_test

import (
	"os"
	"strings"
	"testing"
)

// TestTutorialIsRun checks that the tutorial's code is in tutorial_test.go, which is compiled and run.
func TestTutorialIsRun(t *testing.T) {
	text, err := os.ReadFile("TUTORIAL.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("tutorial_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```go\n")
	for _, block := range blocks[1:] {
		block, _, _ = strings.Cut(block, "```")
		if !strings.Contains(string(code), block) {
			t.Errorf("tutorial_test.go does not have this block:\n%s", block)
		}
	}
	if len(blocks) != 7 {
		t.Errorf("%d blocks of code", len(blocks)-1)
	}
}
