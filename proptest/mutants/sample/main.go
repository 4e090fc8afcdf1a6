package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

type options struct {
	seed    uint64
	n       int
	own     bool
	suites  string
	log     string
	again   bool
	limit   time.Duration
	short   bool
	timeout time.Duration
	memory  int
}

func main() {
	var o options
	flags := flag.NewFlagSet("sample", flag.ExitOnError)
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the sample")
	flags.IntVar(&o.n, "n", 150, "number of mutants of each package")
	flags.BoolVar(&o.own, "own", true, "run the tests of the mutated package")
	flags.StringVar(&o.suites, "suites", "", "packages whose tests run after those of the mutated package, separated by spaces")
	flags.StringVar(&o.log, "log", "", "keep results in this `file`, and continue after those that it has")
	flags.BoolVar(&o.again, "again", false, "test the mutants again that survive in the log, for example because there are new tests")
	flags.DurationVar(&o.limit, "limit", 0, "leave out tests that usually take longer than this and than 0.1 s; 0: run all")
	flags.BoolVar(&o.short, "short", false, "run the tests with -short")
	flags.DurationVar(&o.timeout, "timeout", 20*time.Second, "time for tests beyond ten times their usual duration; a mutant that exceeds it is detected")
	flags.IntVar(&o.memory, "memory", 8192, "address space for tests, in `MiB`; a mutant that needs more is detected")
	_ = flags.Parse(os.Args[1:]) // ends the program if it fails
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.check(flags.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(2)
	}
	for _, folder := range flags.Args() {
		if err := o.run(ctx, folder, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "sample:", err)
			os.Exit(1)
		}
	}
}

// check returns an error if a run would test nothing.
func (o options) check(folders []string) error {
	if len(folders) == 0 {
		return errors.New("name packages, for example gc (see -help)")
	}
	if !o.own && o.suites == "" {
		return errors.New("-own=false: name the tests to run with -suites")
	}
	return nil
}

// A sample is a run on the mutants of one package.
type sample struct {
	options
	root, folder string
	stages       []stage
	known        map[string]outcome
	equal        map[string]string // reasons by place
	checker      *checker          // nil until a mutation is new

	counts map[outcome]int
	byOwn  int // detected by the package's own tests
	alive  []mutation
}

// A stage is a suite that tests the mutants which the stages before it have not detected.
type stage struct {
	packages string
	limit    time.Duration
	short    bool
	without  string // the folder of a package whose tests another stage has
	own      bool
	suite    *suite // nil until the stage is needed
}

// run tests a sample of the mutants of a package and prints the rate.
func (o options) run(ctx context.Context, folder string, w io.Writer) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("run the command inside the module: %w", err)
	}
	s := &sample{options: o, root: strings.TrimSpace(string(out)), folder: folder, equal: reasons(), counts: map[outcome]int{}}
	all, err := mutationsOf(s.root, folder)
	if err != nil {
		return err
	}
	if s.known, err = o.known(); err != nil {
		return err
	}
	if o.own {
		s.stages = append(s.stages, stage{packages: "./" + folder, limit: o.limit, short: o.short, own: true})
	}
	if o.suites != "" {
		st := stage{packages: o.suites, limit: o.limit, short: o.short}
		if o.own {
			st.without = folder
		}
		s.stages = append(s.stages, st)
	}
	random := rand.New(rand.NewPCG(o.seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var stopped error
	for next := 0; stopped == nil && next < len(all) && s.tested() < o.n; {
		var batch []mutation
		batch, next, stopped = s.draw(ctx, all, next)
		if stopped == nil {
			stopped = s.test(ctx, batch)
		}
		s.count(batch) // also those before an interrupt
	}
	s.print(w, len(all))
	return stopped
}

// tested returns the number of mutants that count.
func (s *sample) tested() int { return s.counts[detected] + s.counts[survived] }

// draw returns the mutations that compile, from index next on, until the sample is complete if all of them count.
func (s *sample) draw(ctx context.Context, all []mutation, next int) (batch []mutation, after int, err error) {
	for ; next < len(all) && s.tested()+len(batch) < s.n; next++ {
		m := all[next]
		if s.lookUp(s.stages[0], m) == "" {
			if s.checker == nil {
				if s.checker, err = newChecker(ctx, s.root, s.folder); err != nil {
					return nil, next, err
				}
			}
			if !s.checker.compiles(m) {
				if err := s.store(s.stages[0], invalid, m); err != nil {
					return nil, next, err
				}
			}
		}
		if s.lookUp(s.stages[0], m) == invalid {
			s.counts[invalid]++
			continue
		}
		batch = append(batch, m)
	}
	return batch, next, nil
}

// key identifies the result of a stage for a mutation in the log. A mutant that survives only some of the tests has
// another key: a run of all tests must test it.
func (st stage) key(m mutation, result outcome) string {
	key := m.id() + " " + st.packages
	if st.limit > 0 && result == survived {
		key += limitMark + st.limit.String()
	}
	if st.short && result == survived {
		key += shortMark
	}
	return key
}

// lookUp returns the known result of a stage, or "". An equivalent mutant that survived some tests survives all.
func (s *sample) lookUp(st stage, m mutation) outcome {
	result := cmp.Or(s.known[st.key(m, detected)], s.known[st.key(m, survived)])
	if s.equal[m.place()] != "" {
		result = cmp.Or(result, s.known[st.key(m, detected)+someMark])
	}
	return result
}

// store remembers a result and keeps it in the log.
func (s *sample) store(st stage, result outcome, m mutation) error {
	s.known[st.key(m, result)] = result
	return s.keep(st.key(m, result), result, m)
}

// result returns the result of the stages so far, "" if another stage must test the mutation.
func (s *sample) result(m mutation) (result outcome, at int) {
	for i, st := range s.stages {
		if result = s.lookUp(st, m); result != survived {
			return result, i
		}
	}
	return result, len(s.stages)
}

// test runs the stages for the mutations of a batch that need them.
func (s *sample) test(ctx context.Context, batch []mutation) error {
	for i := range s.stages {
		var together, alone []mutation
		for _, m := range batch {
			if result, at := s.result(m); result != "" || at != i {
				continue
			}
			source, err := m.read(s.root)
			if err != nil {
				return err
			}
			if inCopy(source, m) {
				together = append(together, m)
			} else {
				alone = append(alone, m)
			}
		}
		if len(together)+len(alone) == 0 {
			continue
		}
		if err := s.testTogether(ctx, &s.stages[i], together); err != nil {
			return err
		}
		for _, m := range alone {
			if err := s.testAlone(ctx, &s.stages[i], m); err != nil {
				return err
			}
		}
	}
	return nil
}

// testTogether tests mutations that are compiled into one program. If the durations of the tests are not known, it
// measures them before.
func (s *sample) testTogether(ctx context.Context, st *stage, all []mutation) (err error) {
	if st.suite == nil {
		if st.suite, err = newSuite(ctx, s.options, s.root, st.packages, st.without); err != nil {
			return err
		}
	}
	return s.within(func(to string) error {
		overlay, err := overlayTogether(s.root, to, all)
		if err != nil {
			return err
		}
		programs, err := st.suite.build(ctx, overlay, to)
		if err == nil && st.suite.passes == nil {
			err = st.suite.measure(ctx, programs)
		}
		for i, m := range all {
			if err == nil {
				err = s.testOne(ctx, st, programs, i+1, m)
			}
		}
		return err
	})
}

// testAlone tests a mutation with a program of its own, after the durations of the tests are known.
func (s *sample) testAlone(ctx context.Context, st *stage, m mutation) error {
	return s.within(func(to string) error {
		overlay, err := overlayAlone(s.root, to, m)
		if err != nil {
			return err
		}
		programs, err := st.suite.build(ctx, overlay, to)
		if err != nil {
			return err
		}
		return s.testOne(ctx, st, programs, 1, m)
	})
}

// testOne runs a stage for the mutation with a number, and keeps the result.
func (s *sample) testOne(ctx context.Context, st *stage, p programs, number int, m mutation) error {
	failed, err := st.suite.detects(ctx, p, number)
	if err != nil {
		return err
	}
	result := survived
	if failed {
		result = detected
	}
	return s.store(*st, result, m)
}

// within calls fn with a folder that it removes afterwards.
func (s *sample) within(fn func(to string) error) error {
	to, err := os.MkdirTemp("", "sample")
	if err != nil {
		return err
	}
	return errors.Join(fn(to), os.RemoveAll(to))
}

// count counts the results for a batch. An interrupt leaves mutations without a result, which do not count.
func (s *sample) count(batch []mutation) {
	for _, m := range batch {
		result, at := s.result(m)
		if result == detected && s.stages[at].own {
			s.byOwn++
		}
		if s.equal[m.place()] != "" && result == survived {
			result = same
		}
		if s.counts[result]++; result == survived {
			s.alive = append(s.alive, m)
		}
	}
}

// print prints the rate and the survivors.
func (s *sample) print(w io.Writer, possible int) {
	n := s.tested()
	low, high := interval(s.counts[detected], n)
	fmt.Fprintf(w, "%s: %d of %d mutants are detected (%d by its own tests): %.0f %% (95 %% interval %.0f to %.0f %%); of %d possible mutants, %d that do not compile and %d equivalent ones were skipped\n",
		s.folder, s.counts[detected], n, s.byOwn, 100*float64(s.counts[detected])/float64(max(n, 1)), 100*low, 100*high, possible, s.counts[invalid], s.counts[same])
	for _, m := range s.alive {
		fmt.Fprintf(w, "  survived: %s\n", m)
	}
}
