package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// An outcome is the result of the tests for one mutation.
type outcome string

const (
	detected outcome = "detected"
	survived outcome = "survived"
	invalid  outcome = "does not compile"
	same     outcome = "equivalent" // survived, and equivalent.txt has it
)

type options struct {
	seed    uint64
	n       int
	suites  string
	log     string
	timeout time.Duration
}

func main() {
	var o options
	flags := flag.NewFlagSet("sample", flag.ExitOnError)
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the sample")
	flags.IntVar(&o.n, "n", 150, "number of mutants of each package")
	flags.StringVar(&o.suites, "suites", "", "packages whose tests run after those of the mutated package, separated by spaces")
	flags.StringVar(&o.log, "log", "", "keep results in this `file`, and continue after those that it has")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "time for the tests of a mutant; a mutant that exceeds it is detected")
	_ = flags.Parse(os.Args[1:]) // ends the program if it fails
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if flags.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "sample: name packages, for example gc (see -help)")
		os.Exit(2)
	}
	for _, folder := range flags.Args() {
		if err := o.run(ctx, folder, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "sample:", err)
			os.Exit(1)
		}
	}
}

// run tests a sample of the mutants of a package and prints the rate.
func (o options) run(ctx context.Context, folder string, w io.Writer) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("run the command inside the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	all, err := mutationsOf(root, folder)
	if err != nil {
		return err
	}
	known, err := o.known()
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(o.seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	counts, equal := map[outcome]int{}, reasons()
	byOwn := 0 // detected by the package's own tests
	var alive []mutation
	var stopped error
	for _, m := range all {
		if counts[detected]+counts[survived] >= o.n {
			break
		}
		var result outcome
		for stage, suites := range o.stages(folder) {
			key := m.id() + " " + suites
			var ok bool
			if result, ok = known[key]; !ok {
				if result, stopped = o.test(ctx, root, folder, suites, m); stopped != nil {
					break
				}
				if err := o.keep(key, result, m); err != nil {
					return err
				}
			}
			if result == detected && stage == 0 {
				byOwn++
			}
			if result != survived {
				break
			}
		}
		if stopped != nil {
			break // report the mutants that are tested
		}
		if _, ok := equal[m.place()]; ok && result == survived {
			result = same
		}
		if counts[result]++; result == survived {
			alive = append(alive, m)
		}
	}
	n := counts[detected] + counts[survived]
	low, high := interval(counts[detected], n)
	fmt.Fprintf(w, "%s: %d of %d mutants are detected (%d by its own tests): %.0f %% (95 %% interval %.0f to %.0f %%); of %d possible mutants, %d that do not compile and %d equivalent ones were skipped\n",
		folder, counts[detected], n, byOwn, 100*float64(counts[detected])/float64(max(n, 1)), 100*low, 100*high, len(all), counts[invalid], counts[same])
	for _, m := range alive {
		fmt.Fprintf(w, "  survived: %s\n", m)
	}
	return stopped
}

// stages returns the packages whose tests run, one stage after another until one detects the mutant. The package's own
// tests come first, because they are fast and detect most.
func (o options) stages(folder string) []string {
	own := "./" + folder
	if o.suites == "" || o.suites == own {
		return []string{own}
	}
	return []string{own, o.suites}
}

// test runs the tests of suites with a mutation.
func (o options) test(ctx context.Context, root, folder, suites string, m mutation) (outcome, error) {
	to, err := os.MkdirTemp("", "sample")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(to)
	path := filepath.Join(root, filepath.FromSlash(m.file))
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	mutated, overlay := filepath.Join(to, "mutated.go"), filepath.Join(to, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutated}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(mutated, m.apply(source), 0o644), os.WriteFile(overlay, replace, 0o644)); err != nil {
		return "", err
	}
	run := func(args ...string) error {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = root
		return cmd.Run()
	}
	built := run("build", "-overlay", overlay, "./"+folder)
	if ctx.Err() != nil {
		return "", ctx.Err()
	} else if built != nil {
		return invalid, nil
	}
	args := []string{"test", "-overlay", overlay, "-vet=off", "-failfast", "-timeout", o.timeout.String()}
	tested := run(append(args, strings.Fields(suites)...)...)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case tested != nil:
		return detected, nil
	}
	return survived, nil
}

// An entry is a line of the log.
type entry struct {
	Key     string
	Outcome outcome
	Mutant  string
}

// known reads the log. A missing file is empty.
func (o options) known() (map[string]outcome, error) {
	known := map[string]outcome{}
	if o.log == "" {
		return known, nil
	}
	file, err := os.Open(o.log)
	if errors.Is(err, os.ErrNotExist) {
		return known, nil
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w: remove the line", o.log, n, err)
		}
		known[e.Key] = e.Outcome
	}
	return known, lines.Err()
}

func (o options) keep(key string, result outcome, m mutation) error {
	if o.log == "" {
		return nil
	}
	line, err := json.Marshal(entry{key, result, m.String()})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(o.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// interval returns Wilson's 95 % interval of a rate.
func interval(hits, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, size := float64(hits)/float64(n), float64(n)
	center := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return max(center-half, 0), min(center+half, 1)
}
