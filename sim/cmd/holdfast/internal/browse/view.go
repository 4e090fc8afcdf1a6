package browse

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

var (
	titleStyle    = lipgloss.NewStyle().Bold(true)
	dimStyle      = lipgloss.NewStyle().Faint(true)
	selectedStyle = lipgloss.NewStyle().Reverse(true)
	markedStyle   = lipgloss.NewStyle().Foreground(lipgloss.Red)
)

// The fixed lines of the screen: two above the list, and below it a rule, the chains and the message.
const (
	headerLines = 2
	chainLines  = 6
	barWidth    = 10
	sizeWidth   = 12
)

// listHeight returns the number of rows that fit the screen.
func (m *Model) listHeight() int {
	lines := headerLines + 1 + chainLines + 1 + m.helpLines()
	return max(1, m.height-lines)
}

func (m *Model) helpLines() int {
	if !m.help.ShowAll {
		return 1
	}
	return strings.Count(m.help.View(m.keys), "\n") + 1
}

// View implements tea.Model.
func (m *Model) View() tea.View {
	var lines []string
	lines = append(lines, m.header()...)
	rows := m.visible()
	for i := range m.listHeight() {
		at := m.top + i
		if at < len(rows) {
			lines = append(lines, m.line(rows[at], at == m.cursor))
		} else {
			lines = append(lines, "")
		}
	}
	lines = append(lines, dimStyle.Render(strings.Repeat("─", m.width)))
	lines = append(lines, m.chains()...)
	lines = append(lines, m.footer(), m.help.View(m.keys))
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], m.width, "…")
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.WindowTitle = "holdfast browse"
	return v
}

// header returns the totals, and the plan after the marked deletions.
func (m *Model) header() []string {
	first := titleStyle.Render(printable(m.name)) + fmt.Sprintf("  %s, %d objects, by %s",
		sizeText(m.total.Bytes, m.total.UnsizedSnapshots == 0), m.total.Objects, m.sort)
	second := dimStyle.Render("Nothing is marked. space marks a row for a hypothetical deletion.")
	switch {
	case len(m.marks) > 0 && m.plan == nil:
		second = fmt.Sprintf("%d marked: planning …", len(m.marks))
	case len(m.marks) > 0 && m.plan.Fails != "":
		second = markedStyle.Render("The collection would fail: " + printable(m.plan.Fails))
	case len(m.marks) > 0 && m.plan.Difference != nil:
		freed := m.plan.Difference.Freed
		second = markedStyle.Render(fmt.Sprintf("%d marked: deleting them and collecting frees %s, %d objects", len(m.marks),
			sizeText(freed.Bytes, freed.UnsizedSnapshots == 0), freed.Objects))
	}
	return []string{first, second}
}

// line draws one row: mark, size, bar, name and note.
func (m *Model) line(r *row, selected bool) string {
	mark := "   "
	if m.marked(r) {
		mark = "[x]"
	} else if r.mark != "" {
		mark = "[ ]"
	}
	bar := strings.Repeat(" ", barWidth)
	if m.total.Bytes > 0 && r.depth == 0 {
		full := int(float64(barWidth)*float64(r.bytes)/float64(m.total.Bytes) + 0.5)
		bar = strings.Repeat("█", min(full, barWidth)) + strings.Repeat("·", barWidth-min(full, barWidth))
	}
	sign := "  "
	if len(r.children) > 0 {
		sign = "▸ "
		if r.open {
			sign = "▾ "
		}
	}
	size := sizeText(r.bytes, r.known)
	text := fmt.Sprintf("%s %*s %s %s%s%s", mark, sizeWidth, size, bar, strings.Repeat("  ", r.depth), sign, shorten(printable(r.title), m.width-sizeWidth-barWidth-12))
	note := r.note
	if r.count > 0 {
		objects := fmt.Sprintf("%d objects", r.count)
		if r.count == 1 {
			objects = "1 object"
		}
		note = strings.TrimPrefix(note+", "+objects, ", ")
	}
	switch {
	case selected:
		return selectedStyle.Render(ansi.Truncate(text+"  "+note, m.width, "…"))
	case m.marked(r):
		return markedStyle.Render(text) + "  " + dimStyle.Render(note)
	}
	return text + "  " + dimStyle.Render(note)
}

// chains explains the selected row in chainLines lines.
func (m *Model) chains() []string {
	var lines []string
	r := m.selected()
	switch {
	case r == nil && m.search.Value() != "":
		lines = []string{"Nothing matches the search. esc ends it."}
	case r == nil:
		lines = []string{"The database is empty."}
	case r.node == "":
		lines = []string{printable(r.title)}
	case m.why == nil || m.why.Node != r.node:
		lines = []string{"…"}
	default:
		lines = chainText(m.why)
	}
	for len(lines) < chainLines {
		lines = append(lines, "")
	}
	return lines[:chainLines]
}

func chainText(w *examine.Why) []string {
	verdict := "is kept."
	switch {
	case !w.Exists:
		verdict = "does not exist."
	case !w.Kept:
		verdict = "would be removed: no root reaches it."
	}
	lines := []string{shorten(printable(w.Node), 100) + " " + verdict}
	if w.Image != nil && w.Image.State == examine.ImageBroken {
		lines[0] += " The image is broken; see holdfast fsck."
	}
	for i, chain := range w.Chains {
		if i > 0 {
			lines = append(lines, fmt.Sprintf("  and %d more chains", int(w.ChainCount)-1))
			break
		}
		for j, step := range chain {
			arrow := "→"
			if j == 0 {
				arrow = " "
			}
			if step.Missed {
				arrow = "✗"
			}
			var reasons []string
			for _, reason := range step.Reasons {
				reasons = append(reasons, reason.Text)
			}
			lines = append(lines, fmt.Sprintf("  %s %s  %s", arrow, shorten(printable(step.Node), 80), dimStyle.Render(printable(strings.Join(reasons, "; ")))))
		}
	}
	return lines
}

// footer shows the search, or the message.
func (m *Model) footer() string {
	switch {
	case m.searching:
		return m.search.View()
	case m.message != "":
		return markedStyle.Render(printable(m.message))
	case m.search.Value() != "":
		return dimStyle.Render(fmt.Sprintf("search: %s (esc ends it)", printable(m.search.Value())))
	}
	return ""
}

// shorten cuts the middle of a name that is wider than width.
func shorten(name string, width int) string {
	runes := []rune(name)
	width = max(width, 12)
	if len(runes) <= width {
		return name
	}
	tail := (width - 1) / 2
	return string(runes[:width-1-tail]) + "…" + string(runes[len(runes)-tail:])
}

// printable replaces characters that a terminal could take for commands.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return '�'
		}
		return r
	}, text)
}
