package proptest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Report is the result of a check.
type Report struct {
	Seed     int64
	Size     int
	Promises []Promise // of the system, sorted
	Missing  []string  // the stores that the system lacks, sorted: all laws leave out their calls
	Laws     []LawReport
	Err      error // an unknown law or promise, or the reason that no system could be made

	labels labels
}

// A LawReport is the result for one law.
type LawReport struct {
	Law     LawName
	Cases   int      // number of histories that were checked
	Absent  Promise  // the missing promise for which the law was skipped; "" if it was checked
	Failure *Failure // nil if no history broke the law
}

// A Failure is a counterexample: a history that breaks a law.
type Failure struct {
	Law        LawName // the law that is broken
	Check      LawName // the law that was being checked, which may be another one
	Rule       string  // the way in which the law is broken, the same for the same bug
	Detail     string
	Cases      int // number of histories until the failure
	InitialOps int // number of Ops before the reduction, after gopter's shrinking
	Seed       int64

	Setup engine.Setup
	Ops   []engine.Op // none can be removed
}

// Failures returns all failures, in the order of the laws.
func (r *Report) Failures() (all []*Failure) {
	for _, l := range r.Laws {
		if l.Failure != nil {
			all = append(all, l.Failure)
		}
	}
	return all
}

// First returns the failure with the fewest cases, or nil.
func (r *Report) First() (first *Failure) {
	for _, f := range r.Failures() {
		if first == nil || f.Cases < first.Cases {
			first = f
		}
	}
	return first
}

// Labels returns the interesting situations and shapes, the most frequent first.
func (r *Report) Labels() []Label { return r.labels.sorted() }

// String returns the report as text: the results of the laws, the missing promises, and the failures.
func (r *Report) String() string {
	if r.Err != nil {
		return fmt.Sprintf("nothing was checked: %v\n", r.Err)
	}
	text := r.table()
	for _, f := range r.Failures() {
		text += "\n" + f.String()
	}
	return text
}

// table returns the result of each law as text.
func (r *Report) table() string {
	var text strings.Builder
	if len(r.Missing) > 0 {
		fmt.Fprintf(&text, "missing stores: %s\n", strings.Join(r.Missing, ", "))
	}
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, l := range r.Laws {
		switch {
		case l.Absent != "":
			fmt.Fprintf(table, "%s\tnot promised: %s\n", l.Law, l.Absent)
		case l.Failure != nil:
			fmt.Fprintf(table, "%s\tBROKEN after %d cases\n", l.Law, l.Cases)
		default:
			fmt.Fprintf(table, "%s\t%d cases\n", l.Law, l.Cases)
		}
	}
	_ = table.Flush()
	return text.String()
}

// LabelTable returns the labels as text.
func (r *Report) LabelTable() string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, l := range r.Labels() {
		fmt.Fprintf(table, "%d\t%s\n", l.Count, l.Name)
	}
	_ = table.Flush()
	return text.String()
}

// String returns the failure as text, with its trace.
func (f *Failure) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n  %s\n  %s\n", f.Law, strings.TrimSpace(f.Rule), strings.ReplaceAll(strings.TrimSpace(f.Detail), "\n", "\n  "))
	if f.Check != f.Law {
		fmt.Fprintf(&text, "  found while checking that %s\n", f.Check)
	}
	fmt.Fprintf(&text, "  seed %d, case %d, %d Ops\n%s", f.Seed, f.Cases, len(f.Ops), f.Trace())
	return text.String()
}

// Trace returns the counterexample as a trace in JSON Lines, for "holdfast replay".
func (f *Failure) Trace() []byte {
	var trace bytes.Buffer
	w, err := engine.NewTraceWriter(&trace, f.Setup)
	for _, op := range f.Ops {
		if err == nil {
			err = w.Write(op)
		}
	}
	if err != nil {
		return fmt.Appendf(nil, "# %v\n", err)
	}
	return trace.Bytes()
}

// Test returns the counterexample as a Go test. It calls a function newSystem, which must be a New. Different
// counterexamples have different function names.
func (f *Failure) Test() string {
	var text strings.Builder
	sum := sha256.Sum256(append([]byte(f.Check+"\n"), f.Trace()...))
	fmt.Fprintf(&text, "// %s: %s\nfunc Test%s_%x(t *testing.T) {\n", f.Law, strings.TrimSpace(f.Rule), camel(string(f.Law)), sum[:4])
	fmt.Fprintf(&text, "\tproptest.Replay(t, newSystem, %q, `\n%s`)\n}\n", f.Check, bytes.ReplaceAll(f.Trace(), []byte("`"), []byte("`+\"`\"+`")))
	return text.String()
}

// camel returns words as part of a Go identifier.
func camel(words string) string {
	var name strings.Builder
	for _, word := range strings.FieldsFunc(strings.ReplaceAll(words, "'", ""), func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') }) {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String()
}
