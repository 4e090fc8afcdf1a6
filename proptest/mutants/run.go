package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/verdict"
)

// patience is the time limit for one mutant. Some mutants hang; a timeout counts as a detection.
const patience = 5 * time.Minute

// programs are the compiled programs with all mutants.
type programs struct {
	root, to string
	suite    string            // runs the property suite; "" if no selected mutant needs it
	tests    map[string]string // test programs by folder of the package
	selected map[selection]bool
}

// A selection is some of the tests of a package.
type selection struct{ folder, run string }

// build compiles the programs that the rows need into the folder to.
func build(ctx context.Context, root, to string, rows []row) (programs, error) {
	p := programs{root: root, to: to, tests: map[string]string{}, selected: map[selection]bool{}}
	overlay, err := catalogue.Overlay(root, to, catalogue.All())
	if err != nil {
		return p, err
	}
	compile := func(name string, args ...string) (string, error) {
		program := filepath.Join(to, name)
		cmd := exec.CommandContext(ctx, "go", append(args[:len(args)-1:len(args)-1], "-overlay", overlay, "-o", program, args[len(args)-1])...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the mutants: %w\n%s", err, out)
		}
		return program, nil
	}
	for _, r := range rows {
		folder := r.Tester()
		if r.Needs == catalogue.OwnTests {
			p.selected[selection{folder, r.Run}] = true
		}
		switch {
		case r.Needs == catalogue.OwnTests && p.tests[folder] == "":
			p.tests[folder], err = compile(strings.ReplaceAll(folder, "/", "_")+".test", "test", "-c", "-vet=off", "./"+folder)
		case r.Needs != catalogue.OwnTests && p.suite == "":
			p.suite, err = compile("victim", "build", "./proptest/mutants/internal/victim")
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// check returns an error if a program fails without any mutant.
func (p programs) check(ctx context.Context, o options) error {
	if p.suite != "" {
		none, err := run(ctx, p.suite, 0, o.seed, o.cases)
		if err != nil {
			return err
		}
		if none.Killed() {
			return fmt.Errorf("the suite fails without any mutant: %s\n  %s", none.Law, strings.Join(none.Trace, "\n  "))
		}
	}
	for tests := range p.selected {
		none, err := p.runTests(ctx, tests, 0)
		if err != nil {
			return err
		}
		if none.Killed() {
			return fmt.Errorf("the tests of %s fail without any mutant:\n  %s", tests.folder, strings.Join(none.Trace, "\n  "))
		}
	}
	return nil
}

// run runs the program that can detect the mutant of a row.
func (p programs) run(ctx context.Context, r row, o options) (verdict.Verdict, error) {
	if r.Needs == catalogue.OwnTests {
		return p.runTests(ctx, selection{r.Tester(), r.Run}, r.number)
	}
	return run(ctx, p.suite, r.number, o.seed, o.cases)
}

// runTests runs the tests of a package with the n-th mutant active. The verdict names no single test, because a mutant
// may break several, and some of them use goroutines.
func (p programs) runTests(ctx context.Context, tests selection, n int) (verdict.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.tests[tests.folder], "-test.failfast", "-test.run="+tests.run)
	cmd.Dir = filepath.Join(p.root, filepath.FromSlash(tests.folder))
	cmd.Env = append(os.Environ(), catalogue.Variable+"="+strconv.Itoa(n))
	out, err := cmd.CombinedOutput()
	if ctx.Err() == context.Canceled {
		return verdict.Verdict{}, ctx.Err()
	}
	if err == nil {
		return verdict.Verdict{}, nil
	}
	return verdict.Verdict{Law: "tests of " + tests.folder, Trace: strings.Split(strings.TrimSpace(string(out)), "\n")}, nil
}

// run runs the property suite with the n-th mutant active, or with none if n is 0.
func run(ctx context.Context, program string, n int, seed int64, cases int) (verdict.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, strconv.FormatInt(seed, 10), strconv.Itoa(cases))
	cmd.Env = append(os.Environ(), catalogue.Variable+"="+strconv.Itoa(n))
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return verdict.Verdict{Law: "the suite ends in time"}, nil
	case err != nil && strings.HasPrefix(stderr.String(), "fatal error:"):
		return verdict.Verdict{Law: "the suite does not crash"}, nil
	case err != nil:
		return verdict.Verdict{}, fmt.Errorf("mutant %d: %w\n%s", n, err, stderr.String())
	}
	var v verdict.Verdict
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		return v, fmt.Errorf("mutant %d: %w", n, err)
	}
	return v, nil
}
