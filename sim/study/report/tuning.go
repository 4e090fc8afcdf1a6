package report

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

// A Tuning is the answer of a search for parameters in words and tables of text.
type Tuning struct {
	Conclusion
	Front       Table // the Pareto front, ascending by the first quantity
	Sensitivity Table // one row for each parameter and direction; without rows if there is no named setting
}

// A Table is a title, its columns, and rows of as many texts.
type Table struct {
	Title, About string
	Columns      []string
	Rows         [][]string
}

// textTable is a [Table] without control characters, for the page.
type textTable Table

// ConcludeTuning returns the answer of a search. Error: a result without figures.
func ConcludeTuning(r *tune.Result) (Tuning, error) {
	if r == nil || r.Comparison == nil {
		return Tuning{}, errors.New("report: the search has no figures")
	}
	w := tuningView{r, quantityUnits()}
	t := Tuning{Conclusion: w.conclude(), Front: w.front(), Sensitivity: w.sensitivity()}
	return t, nil
}

// TuningHTML writes the page of a search: that of the comparison of its last round, with the answer, the Pareto front
// and the sensitivities of the search. Command is as in [HTML]. Errors: those of [ConcludeTuning] and [HTML].
func TuningHTML(w io.Writer, r *tune.Result, command string) error {
	t, err := ConcludeTuning(r)
	if err != nil {
		return err
	}
	v, err := newView(r.Comparison)
	if err != nil {
		return err
	}
	a := answer{Headline: clean(t.Headline)}
	for _, f := range t.Facts {
		a.Facts = append(a.Facts, Fact{clean(f.Lead), clean(f.Text)})
	}
	var tables []textTable
	for _, one := range []Table{t.Front, t.Sensitivity} {
		if len(one.Rows) > 0 {
			for i := range one.Rows {
				one.Rows[i] = cleanAll(one.Rows[i])
			}
			tables = append(tables, textTable(one))
		}
	}
	return v.write(w, a, tables, command)
}

// tuningView is a result with the units of its quantities.
type tuningView struct {
	*tune.Result
	unit map[string]string // of each quantity
}

func quantityUnits() map[string]string {
	byName := map[string]string{}
	for _, q := range tune.Quantities() {
		byName[q.Name] = q.Unit
	}
	return byName
}

// text formats a value of a quantity: "58.1 GB", "93 MB a day".
func (w tuningView) text(quantity string, x float64) string {
	kind, daily := strings.CutSuffix(w.unit[quantity], " a day")
	text := show(kind, x)
	if daily {
		text += " a day"
	}
	return text
}

// share adds the percentage of the disk to a use of it.
func (w tuningView) share(quantity string, x float64) string {
	text := w.text(quantity, x)
	if strings.HasPrefix(quantity, "disk") && w.Comparison.Disk > 0 {
		text += fmt.Sprintf(" (%s of the disk)", percent(x/float64(w.Comparison.Disk)))
	}
	return text
}

// plusMinus appends half the width of an interval.
func (w tuningView) plusMinus(quantity string, f tune.Figure) string {
	text := w.text(quantity, f.Mean)
	if f.High > f.Low {
		text += " ±" + strings.TrimSuffix(w.text(quantity, (f.High-f.Low)/2), " a day")
	}
	return text
}

// difference formats a paired difference: "+5.10 GB ±1.20 GB, sure".
func (w tuningView) difference(quantity string, f tune.Figure) string {
	if f.Mean == 0 && f.High == f.Low {
		return "none"
	}
	sign := "+"
	if f.Mean < 0 {
		sign = "-"
	}
	text := sign + w.plusMinus(quantity, tune.Figure{Mean: math.Abs(f.Mean), Low: f.Low, High: f.High})
	switch {
	case f.Sure:
		text += ", sure"
	case f.High > f.Low:
		text += ", not sure"
	}
	return text
}

func (w tuningView) conclude() Conclusion {
	minimize, first := w.Axes[1], w.Axes[0]
	var c Conclusion
	switch p := w.Pick; {
	case p == nil:
		c.Headline = "None of these settings will do: the disk ran full under every one."
		c.Facts = append(c.Facts, Fact{"A larger disk", larger(w.Comparison)})
	case !p.Met:
		c.Headline = fmt.Sprintf("No setting meets %q. The closest is %s.", w.Goal, p.Name)
	case w.Default != nil && w.Default.Name == p.Name:
		c.Headline = fmt.Sprintf("Keep %s, the default: of the settings that meet the goal, none is better. %s: %s; %s: %s.",
			p.Name, first, w.share(first, p.First.Mean), minimize, w.share(minimize, p.Minimize.Mean))
	default:
		c.Headline = fmt.Sprintf("Take %s: it meets the goal with the least %s. %s: %s; %s: %s.",
			p.Name, minimize, minimize, w.share(minimize, p.Minimize.Mean), first, w.share(first, p.First.Mean))
	}
	if w.Cut {
		c.Facts = append(c.Facts, Fact{"Interrupted", "The search was stopped before its end: the answer is that of the nodes that were finished."})
	}
	if w.Pick != nil {
		c.Pick = w.Pick.Name
		for _, l := range w.Pick.Limits {
			c.Facts = append(c.Facts, Fact{"Limit " + l.Limit, w.check(l)})
		}
		c.Facts = append(c.Facts, Fact{"How sure", w.sure()})
	}
	if d := w.Default; d != nil && w.Pick != nil && d.Name != w.Pick.Name {
		c.Facts = append(c.Facts, Fact{"The default", w.against(d, "the default")})
	}
	for i, least := range w.Least {
		if least > 0 {
			c.Facts = append(c.Facts, Fact{"The bound", fmt.Sprintf("No policy can serve this load with less %s than %s.", w.Axes[i], w.share(w.Axes[i], least))})
		}
	}
	if b := w.Clairvoyant; b != nil && w.Pick != nil {
		c.Facts = append(c.Facts, Fact{"Foresight", w.against(b, "which knows the future")})
	}
	if ends := w.ends(); len(ends) > 0 {
		c.Facts = append(c.Facts, Fact{"End of a range", fmt.Sprintf("%s: a wider range may have a better setting.", list(ends))})
	}
	if text := faults(w.Comparison); text != "" {
		c.Facts = append(c.Facts, Fact{"Injected faults", text})
	}
	c.Facts = append(c.Facts, Fact{"Search", w.search()})
	return c
}

// check describes a limit of the named setting.
func (w tuningView) check(l tune.Check) string {
	name, _, _ := strings.Cut(l.Limit, "<")
	name = strings.TrimSpace(name)
	word := "met"
	if !l.Met {
		word = "not met"
	}
	text := fmt.Sprintf("%s, with %s", word, w.share(name, l.Value.Mean))
	switch {
	case l.Sure:
		return text + ". That is sure: the whole 95 % confidence interval is on this side of the limit."
	case w.Comparison.Seeds < compare.IntervalNodes:
		return text + ". How sure that is cannot be said from so few nodes."
	}
	return text + fmt.Sprintf(". That is not sure: the 95 %% confidence interval reaches from %s to %s.", w.share(name, l.Value.Low), w.share(name, l.Value.High))
}

// sure says which other settings could be as good.
func (w tuningView) sure() string {
	switch n := len(w.Ties); {
	case w.Comparison.Seeds < compare.IntervalNodes:
		return fmt.Sprintf("How sure this is cannot be said from %s: simulate %d or more.", count(w.Comparison.Seeds, "node"), compare.IntervalNodes)
	case n == 0:
		return fmt.Sprintf("No other setting of the last round %s and has as little %s: all differences are sure.", w.alike("meets"), w.Axes[1])
	case n > 6:
		return fmt.Sprintf("%d other settings %s and cannot be distinguished from it by %s.", n, w.alike("meet"), w.Axes[1])
	default:
		return fmt.Sprintf("%s also %s and cannot be distinguished from it by %s.", list(w.Ties), w.alike("meet"), w.Axes[1])
	}
}

// alike says what settings have in common with the named one.
func (w tuningView) alike(meet string) string {
	if w.Pick.Met {
		return meet + " the goal"
	}
	return map[string]string{"meet": "miss", "meets": "misses"}[meet] + " the goal"
}

// against compares the named setting with another policy.
func (w tuningView) against(c *tune.Choice, who string) string {
	switch {
	case c.Void != "":
		return fmt.Sprintf("%s, %s, does not serve this load: %s.", c.Name, who, c.Void)
	case c.Cost == nil:
		return fmt.Sprintf("%s, %s.", c.Name, who)
	}
	met := ""
	if len(c.Limits) > 0 {
		met = " It meets the goal."
		if !c.Met {
			met = " It does not meet the goal."
		}
	}
	return fmt.Sprintf("Under %s, %s, %s is %s (%s), and %s is %s (%s).%s", c.Name, who,
		w.Axes[1], w.text(w.Axes[1], c.Minimize.Mean), w.difference(w.Axes[1], c.Cost.Minimize),
		w.Axes[0], w.text(w.Axes[0], c.First.Mean), w.difference(w.Axes[0], c.Cost.First), met)
}

// ends names the parameters whose value is the first or the last of its range.
func (w tuningView) ends() (names []string) {
	for _, c := range w.Sensitivity {
		if name := parameter(c) + "=" + c.From; c.To == "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func parameter(c tune.Change) string {
	if c.Key == "" {
		return c.Policy
	}
	return c.Key
}

func (w tuningView) search() string {
	var rounds []string
	for _, r := range w.Rounds {
		rounds = append(rounds, fmt.Sprintf("%s on %s", count(r.Settings, "setting"), count(r.Nodes, "node")))
	}
	return list(rounds) + ", each setting on the same nodes as the others."
}

func (w tuningView) front() Table {
	t := Table{
		Title: "The Pareto front",
		About: fmt.Sprintf("No other setting of the last round is better by one of %s and %s and no worse by the other. ±: half the width of the 95 %% confidence interval. → is the named setting.", w.Axes[0], w.Axes[1]),
	}
	t.Columns = []string{"SETTING", strings.ToUpper(w.Axes[0]), strings.ToUpper(w.Axes[1]), "GOAL"}
	for _, c := range w.Front {
		name := "  " + c.Name
		if w.Pick != nil && c.Name == w.Pick.Name {
			name = "→ " + c.Name
		}
		t.Rows = append(t.Rows, []string{name, w.plusMinus(w.Axes[0], c.First), w.plusMinus(w.Axes[1], c.Minimize), meets(&c)})
	}
	return t
}

func meets(c *tune.Choice) string {
	switch {
	case c.Void != "":
		return "void"
	case c.Met:
		return "met"
	}
	return "not met"
}

func (w tuningView) sensitivity() Table {
	t := Table{
		Title: "Sensitivity",
		About: "Each row changes one parameter of the named setting by one value of its range. The differences are paired: node by node.",
	}
	t.Columns = []string{"PARAMETER", "CHANGE", strings.ToUpper(w.Axes[1]), strings.ToUpper(w.Axes[0]), "GOAL"}
	for _, c := range w.Sensitivity {
		if c.To == "" {
			continue // the end of the range is a fact
		}
		row := []string{parameter(c), c.From + " → " + c.To, c.Reason, "", ""}
		switch {
		case c.Choice == nil:
		case c.Choice.Cost == nil:
			row[2], row[4] = c.Choice.Void, "void"
		default:
			row[2], row[3], row[4] = w.difference(w.Axes[1], c.Choice.Cost.Minimize), w.difference(w.Axes[0], c.Choice.Cost.First), meets(c.Choice)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
