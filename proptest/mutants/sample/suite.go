package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
)

// A suite is the tests of some packages. The tests that need the least time run first, because most mutants fail many.
type suite struct {
	root    string
	folders []string      // of the packages that have tests
	limit   time.Duration // of a test; 0 if there is none
	short   bool
	timeout time.Duration
	memory  int // MiB of a process

	// passes are in the order in which they run. They are nil before measure.
	passes []pass
}

// A pass is some tests of a package that run in one process.
type pass struct {
	folder string
	tests  []string
	usual  time.Duration
}

// programs are the compiled tests by folder of the package.
type programs map[string]string

// newSuite returns the tests of packages, which are patterns as those of go test, except for the tests in the folder
// without. Its passes are not measured.
func newSuite(ctx context.Context, o options, root, packages, without string) (*suite, error) {
	s := &suite{root: root, limit: o.limit, short: o.short, timeout: o.timeout, memory: o.memory}
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}"
	out, err := s.run(ctx, "go", append([]string{"list", "-f", format}, strings.Fields(packages)...)...)
	if err != nil {
		return nil, fmt.Errorf("list the packages %s: %w\n%s", packages, err, out)
	}
	for _, dir := range strings.Fields(string(out)) {
		if folder, err := filepath.Rel(root, dir); err == nil && filepath.ToSlash(folder) != without {
			s.folders = append(s.folders, folder)
		}
	}
	if len(s.folders) == 0 {
		return nil, fmt.Errorf("packages %q have no tests", packages)
	}
	return s, nil
}

// build compiles the tests into the folder to.
func (s *suite) build(ctx context.Context, overlay, to string) (programs, error) {
	all := programs{}
	for i, folder := range s.folders {
		all[folder] = filepath.Join(to, strconv.Itoa(i)+".test")
		out, err := s.run(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", all[folder], "./"+filepath.ToSlash(folder))
		if err != nil {
			return nil, cmp.Or(ctx.Err(), fmt.Errorf("compile the tests of %s with mutants: %w\n%s", folder, err, out))
		}
	}
	return all, nil
}

// run runs a command in the root of the module.
func (s *suite) run(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.root
	return cmd.CombinedOutput()
}

// quick is the duration up to which tests of a package run in one process. Each longer test has its own.
const quick = 100 * time.Millisecond

// passed is the line that reports a test of a package, but no subtest.
var passed = regexp.MustCompile(`^--- PASS: (\S+) \((\S+)s\)$`)

// measure runs the tests without a mutant, first together and then in passes. It returns an error if one fails.
func (s *suite) measure(ctx context.Context, p programs) error {
	for _, folder := range s.folders {
		out, err := s.command(ctx, p, folder, 0, "-test.v").CombinedOutput()
		if err != nil {
			return cmp.Or(ctx.Err(), fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", folder, err, lastLines(out, 20)))
		}
		cheap := pass{folder: folder}
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Buffer(nil, len(out)+1); lines.Scan(); {
			found := passed.FindStringSubmatch(lines.Text())
			if found == nil {
				continue
			}
			took, err := time.ParseDuration(found[2] + "s")
			if err != nil {
				return err
			}
			switch {
			case took <= quick:
				cheap.tests, cheap.usual = append(cheap.tests, found[1]), cheap.usual+took
			case s.limit == 0 || took <= s.limit:
				s.passes = append(s.passes, pass{folder, found[1:2], took})
			}
		}
		if len(cheap.tests) > 0 {
			s.passes = append(s.passes, cheap)
		}
	}
	slices.SortStableFunc(s.passes, func(a, b pass) int { return cmp.Compare(a.usual, b.usual) })
	if len(s.passes) == 0 {
		return errors.New("no test has run")
	}
	failed, err := s.detects(ctx, p, 0)
	if failed {
		err = errors.New("tests fail without a mutant if others do not run before them")
	}
	return err
}

// detects reports whether a test fails while the mutant with the number is active.
func (s *suite) detects(ctx context.Context, p programs, number int) (bool, error) {
	for _, pass := range s.passes {
		limit := s.timeout + 10*pass.usual
		short, cancel := context.WithTimeout(ctx, limit+s.timeout)
		err := s.command(short, p, pass.folder, number, "-test.failfast", "-test.timeout="+limit.String(),
			"-test.run=^("+strings.Join(pass.tests, "|")+")$").Run()
		cancel()
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			return true, nil
		}
	}
	return false, nil
}

// command returns a run of a package's tests with limited memory: some mutants append without end.
func (s *suite) command(ctx context.Context, p programs, folder string, number int, args ...string) *exec.Cmd {
	const limited = `ulimit -v "$1" && shift && exec "$@"`
	args = append([]string{"-c", limited, "sh", strconv.Itoa(s.memory << 10), p[folder], "-test.short=" + strconv.FormatBool(s.short)}, args...)
	cmd := exec.CommandContext(ctx, "sh", args...)
	cmd.Dir = filepath.Join(s.root, folder)
	cmd.Env = append(os.Environ(), catalogue.Variable+"="+strconv.Itoa(number))
	cmd.WaitDelay = time.Second
	return cmd
}

func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}
