package holdfast

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var belowFolder = flag.String("below", "", "print every violation of the selected rules below this `folder`, for example -below sim/oracle")

// A violation is one place that breaks a house rule.
type violation struct {
	path string // slash-separated, from the root
	line int    // 0: the whole file
	text string
}

func (v violation) String() string {
	if v.line == 0 {
		return v.path + ": " + v.text
	}
	return fmt.Sprintf("%s:%d: %s", v.path, v.line, v.text)
}

// A ledger collects the violations of one rule.
type ledger []violation

func (l *ledger) add(path string, line int, format string, args ...any) {
	*l = append(*l, violation{path, line, fmt.Sprintf(format, args...)})
}

// pending are folders that do not satisfy the rules yet. Their violations are logged (-v), and do not fail a test.
var pending = []string{}

// isPending reports whether a file lies in a pending folder.
func isPending(path string) bool {
	return slices.ContainsFunc(pending, func(folder string) bool { return strings.HasPrefix(path, folder+"/") })
}

// listedViolations limits how many violations of one rule a failing test prints.
const listedViolations = 40

func pendingOrder(v violation) int {
	if isPending(v.path) {
		return 1
	}
	return 0
}

// report fails the test if the rule is violated outside pending folders. It prints the number of violations of each
// folder, then the first ones in full; with -below, all of those below that folder.
func (l ledger) report(t *testing.T, rule string) {
	t.Helper()
	if len(l) == 0 {
		return
	}
	slices.SortFunc(l, func(a, b violation) int {
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	folders := map[string]int{}
	for _, v := range l {
		folders[filepath.ToSlash(filepath.Dir(v.path))]++
	}
	complain := t.Logf
	if slices.ContainsFunc(l, func(v violation) bool { return !isPending(v.path) }) {
		complain = t.Errorf
	}
	complain("%d violations of: %s", len(l), rule)
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		t.Logf("%4d in %s", folders[folder], folder)
	}
	shown := slices.DeleteFunc(slices.Clone(l), func(v violation) bool { return !strings.HasPrefix(v.path, *belowFolder) })
	if *belowFolder == "" {
		slices.SortStableFunc(shown, func(a, b violation) int { // pending ones last
			return cmp.Compare(pendingOrder(a), pendingOrder(b))
		})
		shown = shown[:min(listedViolations, len(shown))]
	}
	for _, v := range shown {
		t.Log(v)
	}
}
