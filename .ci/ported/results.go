package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// results are the rows of a suite, sorted by test.
type results struct {
	module string
	rows   []row
}

func (r results) find(test string) (row, bool) {
	for _, row := range r.rows {
		if row.test == test {
			return row, true
		}
	}
	return row{}, false
}

// heading returns the line above the rows of a suite.
func (r results) heading(suite string) string {
	counts := map[string]int{}
	for _, row := range r.rows {
		counts[row.result]++
	}
	return fmt.Sprintf("%s: %s: %d pass, %d fail, %d skip, %d not applicable",
		suite, r.module, counts[pass], counts[fail], counts[skip], counts[notApplicable])
}

// compare returns the differences of the stored results and the actual ones.
func compare(suite string, stored, got results) (all []error) {
	if stored.module != got.module {
		all = append(all, fmt.Errorf("%s: the results are of %q, the tests of %q: run with -update", suite, stored.module, got.module))
	}
	for _, row := range got.rows {
		switch old, ok := stored.find(row.test); {
		case !ok:
			all = append(all, fmt.Errorf("%s: %s: %s, not in the results", suite, row.test, row.result))
		case old != row:
			all = append(all, fmt.Errorf("%s: %s: %s %s, in the results: %s %s", suite, row.test, row.result, row.why, old.result, old.why))
		case row.result == fail && row.why == "":
			all = append(all, fmt.Errorf("%s: %s: fails, and the results give no reason", suite, row.test))
		}
	}
	for _, row := range stored.rows {
		if _, ok := got.find(row.test); !ok {
			all = append(all, fmt.Errorf("%s: %s: in the results, but no test", suite, row.test))
		}
	}
	return all
}

const legend = `# Tests of other projects with Holdfast in their imports: "make ported" runs them and compares.
#
#   pass   the test passes
#   fail   the test fails, for the reason beside it
#   skip   the test skips itself, as it does with bbolt, unless a reason is beside it
#   none   not applicable: the test does not compile, because it uses a name that Holdfast lacks. memkv/api_test.go and
#          memkv/bbolt/open_test.go have a reason for each name of bbolt. Other names are unexported. Or its
#          package does not run, because it needs a daemon or a container.
`

// readResults reads results.txt by suite. A missing file has none.
func readResults(path string) (map[string]results, error) {
	all := map[string]results{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	} else if err != nil {
		return nil, err
	}
	suite := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch words := strings.Fields(line); {
		case line == "" || line[0] == '#':
		case strings.HasSuffix(words[0], ":"):
			suite = strings.TrimSuffix(words[0], ":")
			all[suite] = results{module: strings.TrimSuffix(words[1], ":")}
		default:
			r := all[suite]
			r.rows = append(r.rows, row{words[0], words[1], strings.Join(words[2:], " ")})
			all[suite] = r
		}
	}
	return all, nil
}

func writeResults(path string, all map[string]results) error {
	var text strings.Builder
	text.WriteString(legend)
	for _, s := range suites {
		if len(all[s.name].rows) == 0 {
			continue
		}
		fmt.Fprintf(&text, "\n%s\n", all[s.name].heading(s.name))
		for _, row := range all[s.name].rows {
			text.WriteString(strings.TrimRight(fmt.Sprintf("  %s  %-58s %s", row.result, row.test, row.why), " ") + "\n")
		}
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}
