package holdfast

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	proseWidth = 120 // the widest line of a comment or a document, in columns
	tabWidth   = 4   // the columns of a tab
)

// columns returns the width of a line.
func columns(line string) int {
	return utf8.RuneCountInString(line) + (tabWidth-1)*strings.Count(line, "\t")
}

var (
	wrapped       = regexp.MustCompile(`\.(go|md|ts|tsx|mjs|js|css|html|sh)$|(^|/)Makefile$`)
	commentLine   = regexp.MustCompile(`^\s*(//|/?\*|#|<!--)`)
	codeInComment = regexp.MustCompile(`^\s*//(\t| {4})`)
	codeInText    = regexp.MustCompile(`^( {4}|\t)`)
	markdownTable = regexp.MustCompile(`^\s*(//)?\s*\|`)
	address       = regexp.MustCompile(`https?://\S+`)
)

// listItem matches an item of a nested list in a document.
var listItem = regexp.MustCompile(`^\s*([-*]|\d+\.) `)

// unbreakable reports whether a long line may stand: a row of a Markdown table, a line that is long because of one
// address, or a line without any place to break it.
func unbreakable(line string) bool {
	rest := strings.TrimSpace(commentLine.ReplaceAllString(line, ""))
	return markdownTable.MatchString(line) || columns(address.ReplaceAllString(line, "")) <= proseWidth && address.MatchString(line) ||
		!strings.Contains(rest, " ")
}

// TestLinesWrap checks comments and documents. Code is gofmt's business. Generated files, preformatted text and data
// (testdata, built pages) are exempt.
func TestLinesWrap(t *testing.T) {
	var found ledger
	generated := generatedFiles(t)
	walk(t, func(path string) {
		if !wrapped.MatchString(path) || generated[path] {
			return
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		document, fenced := strings.HasSuffix(path, ".md"), false
		for i, line := range strings.Split(string(data), "\n") {
			if document && strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			switch comment := commentLine.MatchString(line); {
			case codeInComment.MatchString(line), document && codeInText.MatchString(line) && !listItem.MatchString(line),
				document && fenced, !document && !comment:
				continue // code, output and data
			}
			if width := columns(line); width > proseWidth && !unbreakable(line) {
				found.add(path, i+1, "%d columns, at most %d", width, proseWidth)
			}
		}
	})
	found.report(t, "prose wraps at 120 columns, where a tab counts as four")
}

// generatedFiles returns the Go files that a program wrote.
func generatedFiles(t *testing.T) map[string]bool {
	generated := map[string]bool{}
	for _, s := range sources(t) {
		generated[s.path] = ast.IsGenerated(s.file)
	}
	return generated
}

func TestColumnsAndExceptions(t *testing.T) {
	long := strings.Repeat("word ", 30)
	for line, want := range map[string]bool{
		"| a | " + long: true,
		"// see https://" + strings.Repeat("x", 140): true,
		"// " + strings.Repeat("x", 140):             true,
		"// " + long:                                 false,
		long + "https://example.org":                 false,
	} {
		if unbreakable(line) != want {
			t.Errorf("unbreakable(%q) = %v", line, !want)
		}
	}
	if got := columns("\t\té"); got != 9 {
		t.Errorf("two tabs and a letter take %d columns, want 9", got)
	}
}
