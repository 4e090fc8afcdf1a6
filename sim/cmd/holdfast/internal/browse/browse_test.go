package browse_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/browse"
)

var update = flag.Bool("update", false, "rewrite the golden screens")

func model(t *testing.T) *browse.Model {
	t.Helper()
	db, err := boltfile.Open("../../../../../metadata/testdata/fixtures/c242-basic/before.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	d, err := examine.Open(db, examine.Options{At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	m, err := browse.New(d, "meta.db")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run sends messages to a model, and runs the commands that it returns until there are none.
func run(m tea.Model, messages ...tea.Msg) (quit bool) {
	pending := messages
	for len(pending) > 0 {
		var cmd tea.Cmd
		m, cmd = m.Update(pending[0])
		pending = pending[1:]
		if cmd == nil {
			continue
		}
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			for _, c := range msg {
				if c != nil {
					if inner := c(); inner != nil && !isBlink(inner) {
						pending = append([]tea.Msg{inner}, pending...)
					}
				}
			}
		case tea.QuitMsg, tea.InterruptMsg:
			return true
		case nil:
		default:
			if !isBlink(msg) {
				pending = append([]tea.Msg{msg}, pending...)
			}
		}
	}
	return false
}

// isBlink reports whether a message is the cursor's, which would go on forever.
func isBlink(msg tea.Msg) bool { return strings.Contains(fmt.Sprintf("%T", msg), "link") }

// press returns the messages of keys: names such as "down", or single characters.
func press(keys string) (messages []tea.Msg) {
	codes := map[string]rune{"down": tea.KeyDown, "up": tea.KeyUp, "right": tea.KeyRight, "left": tea.KeyLeft, "enter": tea.KeyEnter,
		"esc": tea.KeyEscape, "space": tea.KeySpace, "end": tea.KeyEnd, "home": tea.KeyHome, "pgdown": tea.KeyPgDown}
	for _, k := range strings.Fields(keys) {
		if code, ok := codes[k]; ok {
			messages = append(messages, tea.KeyPressMsg{Code: code})
			continue
		}
		for _, r := range k {
			messages = append(messages, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return messages
}

func screen(m tea.Model) string {
	var b strings.Builder
	for line := range strings.SplitSeq(ansi.Strip(m.View().Content), "\n") {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// screens are key strokes, and the golden screen that follows.
var screens = []struct{ name, keys string }{
	{"start", ""},
	{"open-holder", "down down down right down"},
	{"open-shared", "right down"},
	{"mark", "down down down space"},
	{"mark-and-unmark", "down down down space u"},
	{"mark-shared", "space"},
	{"search", "/ attested enter"},
	{"search-nothing", "/ zzz"},
	{"search-ended", "/ attested enter esc"},
	{"sort-by-name", "s s s"},
	{"last", "G"},
	{"help", "?"},
}

func TestScreens(t *testing.T) {
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			m := model(t)
			run(m, tea.WindowSizeMsg{Width: 100, Height: 28})
			run(m, press(s.keys)...)
			checkGolden(t, s.name, screen(m))
		})
	}
	t.Run("narrow", func(t *testing.T) {
		m := model(t)
		run(m, tea.WindowSizeMsg{Width: 50, Height: 16})
		run(m, press("down down down")...)
		checkGolden(t, "narrow", screen(m))
	})
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\n(-update rewrites it)", path, got, want)
	}
}

// TestNoScreenIsTooLarge draws every size down to one cell, with the cursor at either end: no line is wider than the
// terminal.
func TestNoScreenIsTooLarge(t *testing.T) {
	m := model(t)
	run(m, press("/ a enter ? right")...)
	for width := 1; width < 120; width += 7 {
		for height := 1; height < 40; height += 3 {
			run(m, tea.WindowSizeMsg{Width: width, Height: height})
			run(m, press("end home down")...)
			for i, line := range strings.Split(m.View().Content, "\n") {
				if w := ansi.StringWidth(line); w > width {
					t.Fatalf("%d x %d: line %d has %d columns", width, height, i, w)
				}
			}
		}
	}
}

func TestQuit(t *testing.T) {
	for _, k := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		if !run(model(t), k) {
			t.Errorf("%s does not quit", k)
		}
	}
}
