package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/verdict"
)

// mostCases is the number of cases per law that detects every mutant.
const mostCases = 512

// document is the path of the kept table, from the root of the module.
const document = "proptest/mutants/MUTANTS.md"

type options struct {
	only           string
	seed           int64
	cases, workers int
	verbose        bool
	update, check  bool
}

var errSurvived = errors.New("mutants survived")

// A row is a mutant and its verdict.
type row struct {
	catalogue.Mutant
	verdict.Verdict
	number int
}

// command runs the selected mutants and prints or writes the table.
func command(ctx context.Context, o options, w io.Writer) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	rows, err := hunt(ctx, root, o, func(r row) {
		if o.verbose {
			fmt.Fprintf(w, "%s: %s\n  %s\n", r.Name, r.result(), strings.Join(r.Trace, "\n  "))
		}
	})
	if err != nil {
		return err
	}
	table := markdown(rows)
	kept := filepath.Join(root, filepath.FromSlash(document))
	switch {
	case (o.update || o.check) && o.only != "":
		return errors.New("-update and -check need all mutants: remove -only")
	case o.update:
		err = os.WriteFile(kept, []byte(table), 0o644)
	case o.check:
		err = compare(w, kept, table)
	default:
		_, err = fmt.Fprint(w, table)
	}
	if err != nil {
		return err
	}
	if alive := survivors(rows); len(alive) > 0 {
		return fmt.Errorf("%w: %s", errSurvived, strings.Join(alive, "; "))
	}
	return nil
}

// compare returns an error if the table in the file differs from this one. Otherwise it prints the table's last line.
func compare(w io.Writer, file, table string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if string(old) != table {
		return fmt.Errorf("%s is out of date: run go run ./proptest/mutants -update, and review the diff", document)
	}
	lines := strings.Split(strings.TrimSpace(table), "\n")
	_, err = fmt.Fprintln(w, lines[len(lines)-1])
	return err
}

// hunt builds the mutants and runs the selected ones. It calls each for every result, in any order.
func hunt(ctx context.Context, root string, o options, each func(row)) ([]row, error) {
	var rows []row
	for i, m := range catalogue.All() {
		if strings.Contains(m.Name, o.only) || string(m.Needs) == o.only {
			rows = append(rows, row{Mutant: m, number: i + 1})
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no mutant has %q in its name or needs it", o.only)
	}
	to, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(to)
	programs, err := build(ctx, root, to, rows)
	if err != nil {
		return nil, err
	}
	if err := programs.check(ctx, o); err != nil {
		return nil, err
	}
	err = sideBySide(o.workers, len(rows), func(i int) (err error) {
		rows[i].Verdict, err = programs.run(ctx, rows[i], o)
		return err
	}, func(i int) { each(rows[i]) })
	return rows, err
}

func survivors(rows []row) (names []string) {
	for _, r := range rows {
		if !r.Killed() {
			names = append(names, r.Name)
		}
	}
	return names
}

// moduleRoot returns the folder of the module's go.mod.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", catalogue.Module).Output()
	if err != nil {
		return "", fmt.Errorf("run the command inside the module %s: %w", catalogue.Module, err)
	}
	return strings.TrimSpace(string(out)), nil
}
