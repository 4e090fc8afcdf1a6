package holdfast

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var proseFolder = flag.String("prose", "", "print every riddle below this `folder` (or file), for example -prose sim/oracle")

// riddlesPerThousand is the largest accepted rate of riddles per 1,000 words, for the module and for each of its rooms.
// The codebases that we measure ourselves against stay below 1.
const riddlesPerThousand = 1.5

// riddle matches pronouns that stand in for a noun: "what it holds", "whose label", "the one that", "those which".
var riddle = regexp.MustCompile(`(?i)\b(what|who|whose|whom|whoever|whatever|(one|ones|those) (that|which|who))\b`)

// whatIf matches the usual name of a hypothetical question, which is no riddle.
var whatIf = regexp.MustCompile(`(?i)\bwhat[- ]ifs?\b`)

var word = regexp.MustCompile(`[A-Za-z]+`)

// proseLine is one line of text that a person reads.
type proseLine struct {
	path string
	line int
	text string
}

func (l proseLine) riddles() int {
	n := 0
	for _, sentence := range strings.SplitAfter(whatIf.ReplaceAllString(l.text, ""), "?") {
		if !strings.HasSuffix(sentence, "?") { // a question may ask "what?" and "who?"
			n += len(riddle.FindAllString(sentence, -1))
		}
	}
	return n
}

// prose returns the comments and messages of Go files, the comments and texts of the page, and the documents.
func prose(t *testing.T) (lines []proseLine) {
	t.Helper()
	for _, s := range sources(t) {
		if strings.HasPrefix(s.path, "tidy") {
			continue
		}
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				at := s.fset.Position(c.Pos()).Line
				for i, text := range strings.Split(c.Text, "\n") {
					lines = append(lines, proseLine{s.path, at + i, text})
				}
			}
		}
		if s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || strings.Count(lit.Value, " ") < 2 {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil {
				for i, text := range strings.Split(text, "\n") {
					lines = append(lines, proseLine{s.path, s.fset.Position(lit.Pos()).Line + i, text})
				}
			}
			return true
		})
	}
	comment := regexp.MustCompile(`^\s*(//|/?\*)|["'` + "`" + `>]`)
	walk(t, func(path string) {
		document, script := strings.HasSuffix(path, ".md"), regexp.MustCompile(`\.(ts|tsx|mjs|html|sh)$|(^|/)Makefile$`).MatchString(path)
		if !document && !script {
			return
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fenced := false
		scanner := bufio.NewScanner(f)
		scanner.Buffer(nil, 1<<20)
		for i := 1; scanner.Scan(); i++ {
			text := scanner.Text()
			if strings.HasPrefix(strings.TrimSpace(text), "```") {
				fenced = !fenced
			}
			if document && !fenced || script && comment.MatchString(text) {
				lines = append(lines, proseLine{path, i, text})
			}
		}
	})
	return lines
}

func TestProseIsPlain(t *testing.T) {
	type count struct{ words, riddles int }
	rooms := map[string]*count{}
	var all count
	var worst []proseLine
	for _, l := range prose(t) {
		of := room(l.path)
		if rooms[of] == nil {
			rooms[of] = &count{}
		}
		words, riddles := len(word.FindAllString(l.text, -1)), l.riddles()
		if isPending(l.path) {
			continue
		}
		for _, c := range []*count{rooms[of], &all} {
			c.words += words
			c.riddles += riddles
		}
		if riddles > 0 {
			worst = append(worst, l)
			if *proseFolder != "" && strings.HasPrefix(l.path, *proseFolder) {
				fmt.Printf("%s:%d: %s\n", l.path, l.line, strings.TrimSpace(l.text))
			}
		}
	}
	rate := func(c count) float64 { return 1000 * float64(c.riddles) / float64(max(c.words, 1)) }
	failed := rate(all) > riddlesPerThousand
	for name, c := range rooms {
		if *proseFolder != "" {
			fmt.Printf("%-10s %5.1f of 1,000 words (%d words)\n", name, rate(*c), c.words)
		}
		if c.words > 500 && rate(*c) > riddlesPerThousand {
			t.Errorf("room %q: %.1f riddles per 1,000 words, at most %.1f are accepted", name, rate(*c), riddlesPerThousand)
			failed = true
		}
	}
	if !failed {
		return
	}
	t.Errorf("the module: %.1f riddles per 1,000 words, at most %.1f are accepted; name the thing instead. The worst lines:", rate(all), riddlesPerThousand)
	slices.SortStableFunc(worst, func(a, b proseLine) int { return cmp.Compare(b.riddles(), a.riddles()) })
	for _, l := range worst[:min(30, len(worst))] {
		t.Errorf("%s:%d: %s", l.path, l.line, strings.TrimSpace(l.text))
	}
}
