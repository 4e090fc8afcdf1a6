package browse

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// A Model is the state of the interface. Invariant: 0 <= top <= cursor < len(visible rows), unless there is no row.
type Model struct {
	database *examine.Database
	name     string // of the database, for the title

	rows   []row
	total  examine.Part
	sort   order
	cursor int // into the visible rows
	top    int // the first row on the screen

	width, height int

	search    textinput.Model
	searching bool

	marks   []string // names of hypothetical deletions, in the order in which they were made
	plan    *examine.Plan
	planned int // the number of the last plan that was asked for
	why     *examine.Why
	message string // why a key had no effect, or an error

	keys keyMap
	help help.Model
}

// New returns the interface for a database.
func New(d *examine.Database, name string) (*Model, error) {
	contents, err := d.Contents()
	if err != nil {
		return nil, err
	}
	account, err := d.Account(examine.AccountOptions{Limit: 1})
	if err != nil {
		return nil, err
	}
	m := &Model{
		database: d, name: name, width: 80, height: 24,
		rows:   rowsOf(contents, account.Unknown),
		total:  examine.Part{Bytes: account.TotalBytes, Objects: account.TotalObjects, UnsizedSnapshots: account.UnsizedSnapshots},
		search: textinput.New(), keys: newKeyMap(), help: help.New(),
	}
	m.search.Prompt = "/"
	sorted(m.rows, m.sort)
	return m, nil
}

// ErrInterrupted is returned by [Run] if the user has pressed Ctrl-C.
var ErrInterrupted = tea.ErrInterrupted

// Run shows the interface until the user leaves it. It restores the terminal. The error is [ErrInterrupted] after
// Ctrl-C.
func Run(ctx context.Context, m *Model, in io.Reader, out io.Writer) error {
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithEnvironment(os.Environ())).Run()
	return err
}

// A keyMap binds keys to actions.
type keyMap struct {
	up, down, pageUp, pageDown, home, end, expand, collapse, mark, unmark, search, sort, help, quit key.Binding
}

func newKeyMap() keyMap {
	bind := func(keys, help, text string) key.Binding {
		return key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(help, text))
	}
	return keyMap{
		up:       bind("up k", "↑/k", "up"),
		down:     bind("down j", "↓/j", "down"),
		pageUp:   bind("pgup ctrl+b", "PgUp", "page up"),
		pageDown: bind("pgdown ctrl+f", "PgDn", "page down"),
		home:     bind("home g", "g", "first"),
		end:      bind("end G", "G", "last"),
		expand:   bind("right l enter", "→/enter", "open"),
		collapse: bind("left h", "←", "close"),
		mark:     bind("space d", "space", "mark for deletion"),
		unmark:   bind("u", "u", "unmark all"),
		search:   bind("/", "/", "search"),
		sort:     bind("s", "s", "sort"),
		help:     bind("?", "?", "help"),
		quit:     bind("q", "q", "quit"),
	}
}

// ShortHelp implements help.KeyMap.
func (k keyMap) ShortHelp() []key.Binding {
	return []key.Binding{k.up, k.down, k.expand, k.mark, k.search, k.sort, k.help, k.quit}
}

// FullHelp implements help.KeyMap.
func (k keyMap) FullHelp() [][]key.Binding {
	return [][]key.Binding{
		{k.up, k.down, k.pageUp, k.pageDown, k.home, k.end},
		{k.expand, k.collapse, k.mark, k.unmark},
		{k.search, k.sort, k.help, k.quit},
	}
}

// A planMsg is the plan after the marked deletions.
type planMsg struct {
	number int
	plan   *examine.Plan
	err    error
}

// A whyMsg is the explanation of a node.
type whyMsg struct {
	why *examine.Why
	err error
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd { return m.explain() }

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.help.SetWidth(msg.Width)
		m.scroll()
	case planMsg:
		if msg.number == m.planned {
			m.plan = msg.plan
			if msg.err != nil {
				m.message = firstLine(msg.err)
			}
		}
	case whyMsg:
		if msg.err != nil {
			m.message = firstLine(msg.err)
		} else if r := m.selected(); r != nil && msg.why.Node == r.node {
			m.why = msg.why
		}
	case tea.KeyPressMsg:
		if msg.String() == "ctrl+c" {
			return m, tea.Interrupt
		}
		if m.searching {
			return m, m.typed(msg)
		}
		m.message = ""
		return m, m.pressed(msg)
	}
	return m, nil
}

// typed handles a key while the user types a search.
func (m *Model) typed(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "enter":
		m.searching = false
		m.search.Blur()
		return nil
	case "esc":
		m.searching = false
		m.search.Blur()
		m.search.SetValue("")
		return m.moveTo(0)
	}
	var cmd tea.Cmd
	m.search, cmd = m.search.Update(msg)
	return tea.Batch(cmd, m.moveTo(0))
}

// pressed handles a key.
func (m *Model) pressed(msg tea.KeyPressMsg) tea.Cmd {
	rows := m.visible()
	switch {
	case key.Matches(msg, m.keys.quit):
		return tea.Quit
	case key.Matches(msg, m.keys.up):
		return m.moveTo(m.cursor - 1)
	case key.Matches(msg, m.keys.down):
		return m.moveTo(m.cursor + 1)
	case key.Matches(msg, m.keys.pageUp):
		return m.moveTo(m.cursor - m.listHeight())
	case key.Matches(msg, m.keys.pageDown):
		return m.moveTo(m.cursor + m.listHeight())
	case key.Matches(msg, m.keys.home):
		return m.moveTo(0)
	case key.Matches(msg, m.keys.end):
		return m.moveTo(len(rows) - 1)
	case key.Matches(msg, m.keys.expand):
		m.expand()
	case key.Matches(msg, m.keys.collapse):
		return m.collapse(rows)
	case key.Matches(msg, m.keys.mark):
		return m.toggleMark()
	case key.Matches(msg, m.keys.unmark):
		m.marks = nil
		return m.replan()
	case key.Matches(msg, m.keys.search):
		m.searching = true
		return m.search.Focus()
	case key.Matches(msg, m.keys.sort):
		m.sort = (m.sort + 1) % orders
		sorted(m.rows, m.sort)
		return m.moveTo(0)
	case key.Matches(msg, m.keys.help):
		m.help.ShowAll = !m.help.ShowAll
		m.scroll()
	case msg.String() == "esc" && m.search.Value() != "":
		m.search.SetValue("")
		return m.moveTo(0)
	}
	return nil
}

func (m *Model) visible() []*row { return visible(m.rows, m.search.Value()) }

// selected returns the row under the cursor, nil if there is none.
func (m *Model) selected() *row {
	rows := m.visible()
	if m.cursor >= len(rows) {
		return nil
	}
	return rows[m.cursor]
}

// moveTo moves the cursor to a row, or to the nearest one.
func (m *Model) moveTo(at int) tea.Cmd {
	m.cursor = max(0, min(at, len(m.visible())-1))
	m.scroll()
	return m.explain()
}

// scroll keeps the cursor on the screen.
func (m *Model) scroll() {
	height := m.listHeight()
	m.top = max(0, min(m.top, m.cursor))
	if m.cursor >= m.top+height {
		m.top = m.cursor - height + 1
	}
}

func (m *Model) expand() {
	r := m.selected()
	switch {
	case r == nil || r.depth > 0:
	case len(r.children) == 0:
		m.message = "there is nothing to open"
	default:
		r.open = !r.open
	}
}

// collapse closes the part of the selected row, and selects it.
func (m *Model) collapse(rows []*row) tea.Cmd {
	if len(rows) == 0 {
		return nil
	}
	at := m.cursor
	for at > 0 && rows[at].depth > 0 {
		at--
	}
	rows[at].open = false
	return m.moveTo(at)
}

// toggleMark marks the selected row for a hypothetical deletion, or takes its mark away.
func (m *Model) toggleMark() tea.Cmd {
	r := m.selected()
	switch {
	case r == nil:
		return nil
	case r.mark == "" && r.node == "":
		m.message = "open this part and mark the holders or objects in it"
		return nil
	case r.mark == "":
		m.message = r.node + ": no user can delete it"
		return nil
	}
	if i := slices.Index(m.marks, r.mark); i >= 0 {
		m.marks = slices.Delete(m.marks, i, i+1)
	} else {
		m.marks = append(m.marks, r.mark)
	}
	return tea.Batch(m.replan(), m.moveTo(m.cursor+1))
}

func (m *Model) marked(r *row) bool { return r.mark != "" && slices.Contains(m.marks, r.mark) }

// replan asks for the plan after the marked deletions.
func (m *Model) replan() tea.Cmd {
	m.planned++
	if len(m.marks) == 0 {
		m.plan = nil
		return nil
	}
	number, marks := m.planned, slices.Clone(m.marks)
	return func() tea.Msg {
		plan, err := m.database.Plan(marks...)
		return planMsg{number, plan, err}
	}
}

// explain asks why the selected object is kept.
func (m *Model) explain() tea.Cmd {
	r := m.selected()
	if r == nil || r.node == "" {
		m.why = nil
		return nil
	}
	node := r.node
	return func() tea.Msg {
		why, err := m.database.Why(node, 4)
		return whyMsg{why, err}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
