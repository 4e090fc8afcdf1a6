package proptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// Run checks the laws on systems made by new. A broken law fails the test. The failure message has the counterexample
// as a Go test and as a trace. Run also writes the trace to a file below testdata/proptest, which later runs try first;
// commit it together with the fix. Run logs the laws that were skipped for lack of a promise.
//
// An unknown law fails the test before anything is checked.
//
// Flags and environment variables override the options:
//
//	-proptest.seed N     PROPTEST_SEED    as WithSeed
//	-proptest.cases N    PROPTEST_CASES   as WithCases
//	-proptest.size N     PROPTEST_SIZE    as WithSize
//	-proptest.law NAME   PROPTEST_LAW     as WithLaws; several names are separated by commas
//	-proptest.trace FILE PROPTEST_TRACE   check the laws on the trace in a file, and on nothing else
func Run(t *testing.T, new New, opts ...Option) {
	t.Helper()
	o := optionsOf(opts)
	trace, err := o.override()
	if err != nil {
		t.Fatal(err)
	}
	if err := knownLaws(o.laws); err != nil {
		t.Fatal(err)
	}
	if trace != "" {
		runFile(t, new, o, trace)
		return
	}
	dir := filepath.Join("testdata", "proptest", filepath.FromSlash(t.Name()))
	kept, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		runFile(t, new, o, path)
	}
	report := check(new, o)
	if report.Err != nil {
		t.Fatal(report.Err)
	}
	t.Logf("seed %d, promises %v\n%s", report.Seed, report.Promises, report.table())
	if testing.Verbose() {
		t.Logf("situations and shapes\n%s", report.LabelTable())
	}
	for _, f := range report.Failures() {
		path, err := f.keep(dir)
		if err != nil {
			t.Error(err)
		}
		t.Errorf("%s\nkept in %s\n\n%s", f, path, f.Test())
	}
}

// keep writes the failure to a file in dir.
func (f *Failure) keep(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	path := filepath.Join(dir, strings.ReplaceAll(strings.ReplaceAll(string(f.Check), " ", "-"), "'", "")+".jsonl")
	text := fmt.Sprintf("# law: %s\n# %s\n%s", f.Check, strings.TrimSpace(f.Rule), f.Trace())
	return path, os.WriteFile(path, []byte(text), 0o666)
}

// runFile checks the law that a file names, or all laws, on the trace in the file.
func runFile(t *testing.T, new New, o options, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var law LawName
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "# law: "); ok {
			law = LawName(strings.TrimSpace(name))
		}
	}
	f, err := retry(new, o, law, bytes.NewReader(data))
	switch {
	case err != nil:
		t.Errorf("%s: %v", path, err)
	case f != nil:
		t.Errorf("%s still fails: %s", path, f)
	}
}

// Replay checks a law on one trace and fails the test if it is broken. If law is "", it checks all laws. The Go tests
// that Run prints call it.
func Replay(t *testing.T, new New, law LawName, trace string, opts ...Option) {
	t.Helper()
	f, err := Retry(new, law, strings.NewReader(strings.TrimLeft(trace, "\n")), opts...)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		t.Fatal(f)
	}
}

// Retry checks a law on one trace, or all laws if law is "". It returns the first failure, which it does not shorten,
// or nil. It returns an error if a law is unknown, the trace can't be read, or no system can be made.
func Retry(new New, law LawName, trace io.Reader, opts ...Option) (*Failure, error) {
	return retry(new, optionsOf(opts), law, trace)
}

func retry(new New, o options, law LawName, trace io.Reader) (*Failure, error) {
	h, err := readHistory(trace)
	if err != nil {
		return nil, err
	}
	if law != "" {
		o.laws = []LawName{law}
	}
	if err := knownLaws(o.laws); err != nil {
		return nil, err
	}
	for _, l := range o.selected() {
		tr := &trial{new: new, mark: func(string) {}, around: o.around}
		if err := tr.probe(); err != nil {
			return nil, err
		}
		if l.absent(tr.promises) != "" {
			continue
		}
		if b := tr.try(l, h); b != nil {
			return &Failure{Law: b.law, Check: l.Name, Rule: b.rule, Detail: b.detail, Setup: h.Setup, Ops: h.Ops, InitialOps: len(h.Ops)}, nil
		}
	}
	return nil, nil
}

func readHistory(trace io.Reader) (h generate.History, err error) {
	r, err := engine.NewTraceReader(trace)
	if err != nil {
		return h, err
	}
	h.Setup = r.Setup
	for {
		op, err := r.Read()
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return h, err
		}
		h.Ops = append(h.Ops, op)
	}
}
