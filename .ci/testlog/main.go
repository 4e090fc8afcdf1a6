// Command testlog prints the output of "go test -json" as "go test" does, and counts the tests that did not run.
//
//	go test -json ./... | go run ./.ci/testlog [-log FILE]   # the exit code is 1 if a test failed
//	go run ./.ci/testlog -summary -log FILE                  # the tests that no part ran
//
// With -log, the results are appended to FILE. Several parts of "make test" share such a file: a test that one part skips
// and another part runs has run.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// An event is a line of "go test -json". Test is "" for the result of a package.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// A test identifies a test. A subtest has a slash in its name.
type test struct{ Package, Name string }

// A result is the end of a test. Reason says why a test was skipped.
type result struct {
	test
	Ran    bool
	Reason string `json:",omitempty"`
}

func main() {
	log := flag.String("log", "", "append the results to this file, or read them from there")
	summary := flag.Bool("summary", false, "only print the tests that did not run, from the log")
	flag.Parse()
	if err := run(*log, *summary); err != nil {
		fmt.Fprintln(os.Stderr, "testlog:", err)
		os.Exit(1)
	}
}

func run(log string, summary bool) error {
	if summary {
		file, err := os.Open(log)
		if err != nil {
			return err
		}
		defer file.Close()
		var results []result
		for decoder := json.NewDecoder(file); ; {
			var r result
			if err := decoder.Decode(&r); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
			results = append(results, r)
		}
		report(os.Stdout, results)
		return nil
	}
	results, failed, err := follow(os.Stdin, os.Stdout)
	if err != nil {
		return err
	}
	if log == "" {
		report(os.Stdout, results)
	} else if err := keep(log, results); err != nil {
		return err
	}
	if failed {
		return fmt.Errorf("tests failed")
	}
	return nil
}

// reason matches the line by which a test says why it is skipped.
var reason = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)`)

// follow prints the results of packages and the output of failed tests, and returns the results of all tests.
func follow(r io.Reader, w io.Writer) (results []result, failed bool, err error) {
	output := map[test]*strings.Builder{}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) != nil {
			fmt.Fprintf(w, "%s", line) // from the go command itself
		}
		if err == io.EOF {
			return results, failed, nil
		} else if err != nil {
			return results, failed, err
		}
		at := test{e.Package, e.Test}
		if output[at] == nil {
			output[at] = new(strings.Builder)
		}
		switch e.Action {
		case "output":
			if e.Test == "" {
				fmt.Fprint(w, packageLine(e.Output))
			} else {
				output[at].WriteString(e.Output)
			}
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "build-fail":
			failed = true
		case "pass", "skip", "fail":
			if e.Action == "fail" {
				failed = true
				fmt.Fprint(w, output[at])
			}
			if e.Action == "fail" && e.Test == "" {
				printUnfinished(w, e.Package, output)
			}
			if e.Test != "" {
				r := result{test: at, Ran: e.Action != "skip"}
				for line := range strings.Lines(output[at].String()) {
					if found := reason.FindStringSubmatch(line); found != nil && !r.Ran {
						r.Reason = found[1]
					}
				}
				results = append(results, r)
			}
			delete(output, at)
		}
	}
}

// printUnfinished prints the output of the tests of a failed package that have not finished: its process has died.
func printUnfinished(w io.Writer, pkg string, output map[test]*strings.Builder) {
	for _, t := range slices.SortedFunc(maps.Keys(output), func(a, b test) int { return strings.Compare(a.Name, b.Name) }) {
		if t.Package == pkg && t.Name != "" {
			fmt.Fprint(w, output[t])
			delete(output, t)
		}
	}
}

// packageLine returns a line of a package's output if it is one that "go test" without -v prints.
func packageLine(line string) string {
	if line == "PASS\n" || strings.HasPrefix(line, "?") || strings.HasSuffix(line, "[no tests to run]\n") {
		return ""
	}
	return line
}

func keep(log string, results []result) error {
	file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(file)
	for _, r := range results {
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return file.Close()
}

// report prints the number of tests that ran, and the tests that were only skipped, with the reasons.
func report(w io.Writer, results []result) {
	ran, skipped := map[test]bool{}, map[test]string{}
	for _, r := range results {
		if r.Ran {
			ran[r.test] = true
		} else {
			skipped[r.test] = r.Reason
		}
	}
	maps.DeleteFunc(skipped, func(t test, _ string) bool { return ran[t] })
	fmt.Fprintf(w, "--- %d tests ran, %d were skipped\n", len(ran), len(skipped))
	for _, t := range slices.SortedFunc(maps.Keys(skipped), func(a, b test) int {
		return strings.Compare(a.Package+" "+a.Name, b.Package+" "+b.Name)
	}) {
		fmt.Fprintf(w, "    skipped: %s %s: %s\n", t.Package, t.Name, skipped[t])
	}
}
