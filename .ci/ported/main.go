// Command ported runs the tests of bbolt, containerd and BuildKit with Holdfast in place of bbolt and of containerd's
// metadata package, and compares the results with results.txt. The tests come from the module cache; none of their code
// is part of this module.
//
//	go run ./.ci/ported [-update] [-keep] [SUITE...]   # all suites, or only these: bbolt, metadata, buildkit
//
// For each suite it copies the module, rewrites imports, and drops declarations that do not compile, for example tests
// of unexported functions. Each other test runs alone, in its own process. The command fails if a result differs from
// results.txt, or if a test fails without a reason there. -update rewrites results.txt and keeps its reasons.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const holdfast = "github.com/holdfast-gc/holdfast"

// A suite is a set of packages of one module.
type suite struct {
	name    string
	module  string            // with a version, or of the version in go.mod
	folders []string          // the packages with tests, from the root of the module
	rewrite map[string]string // import paths in these packages and in also
	replace map[string]string // calls
	none    map[string]string // further packages, whose tests do not run, with the reason
	also    []string          // folders whose imports are rewritten beside folders; "..." is all
	names   []byte            // a file for the tests, or nil
	dot     string            // package that tests import with a dot, in place of the package that they are part of
}

var suites = []suite{
	{
		name: "bbolt", module: "go.etcd.io/bbolt", folders: []string{"."}, also: []string{"internal/btesting"},
		dot:     holdfast + "/memkv/bbolt",
		rewrite: map[string]string{"go.etcd.io/bbolt": holdfast + "/memkv/bbolt"},
		replace: map[string]string{"os.Remove(db.Path())": "bolt.Remove(db.Path())"}, // to delete the database
	},
	{
		name: "metadata", module: "github.com/containerd/containerd/v2", folders: []string{"core/metadata"},
		rewrite: map[string]string{
			"go.etcd.io/bbolt": holdfast + "/memkv/bbolt",
			"github.com/containerd/containerd/v2/core/metadata":          holdfast + "/metadata",
			"github.com/containerd/containerd/v2/core/metadata/boltutil": holdfast + "/metadata/boltutil",
		},
		dot: holdfast + "/metadata", names: metadataNames,
	},
	{
		name: "buildkit", module: "github.com/moby/buildkit@v0.31.2", also: []string{"..."},
		// The packages whose tests open a cache, or a database of their own. source/git is left out: most of its tests
		// are of git, and some need fixtures of BuildKit's build.
		folders: []string{
			"cache", "cache/contenthash", "cache/metadata", "cache/remotecache/v1", "cache/util", "snapshot",
			"solver/bboltcachestorage", "solver/llbsolver/history", "solver/llbsolver/mounts", "source/http",
			"util/cachedigest",
		},
		none: map[string]string{
			"cache/remotecache/gha": "starts the daemon buildkitd, and a server of GitHub's cache",
			"worker/containerd":     "starts the daemon containerd",
			"worker/runc":           "runs containers with runc",
		},
		rewrite: map[string]string{
			"go.etcd.io/bbolt": holdfast + "/memkv/bbolt",
			"github.com/containerd/containerd/v2/core/metadata": holdfast + "/metadata",
		},
	},
}

// The results of a test.
const (
	pass          = "pass"
	fail          = "fail"
	skip          = "skip"
	notApplicable = "none" // does not compile, or is in a package that does not run
)

// A row is a line of results.txt.
type row struct{ result, test, why string }

func main() {
	update := flag.Bool("update", false, "rewrite results.txt")
	keep := flag.Bool("keep", false, "keep the folder with the rewritten modules, and print its name")
	flag.Parse()
	if err := run(*update, *keep, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "ported:", err)
		os.Exit(1)
	}
}

func run(update, keep bool, names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(suites, func(s suite) bool { return s.name == name }) {
			return fmt.Errorf("unknown suite %q: use bbolt, metadata or buildkit", name)
		}
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("run the command inside the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	path := filepath.Join(root, ".ci", "ported", "results.txt")
	known, err := readResults(path)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "ported")
	if err != nil {
		return err
	}
	if keep {
		fmt.Println(work)
	} else {
		defer os.RemoveAll(work)
	}
	var differences []error
	for _, s := range suites {
		if len(names) > 0 && !slices.Contains(names, s.name) {
			continue
		}
		began := time.Now()
		got, err := s.run(root, filepath.Join(work, s.name))
		if err != nil {
			return fmt.Errorf("suite %s: %w", s.name, err)
		}
		for i := range got.rows {
			if old, ok := known[s.name].find(got.rows[i].test); ok && got.rows[i].result == old.result && (old.result == fail || old.result == skip) {
				got.rows[i].why = old.why
			}
		}
		if update {
			known[s.name] = got
		} else {
			differences = append(differences, compare(s.name, known[s.name], got)...)
		}
		fmt.Printf("%s, %d s\n", got.heading(s.name), int(time.Since(began).Seconds()))
	}
	if update {
		return writeResults(path, known)
	}
	return errors.Join(differences...)
}

// run ports and runs a suite in a new folder.
func (s suite) run(root, folder string) (results, error) {
	module := s.module
	if !strings.Contains(module, "@") {
		version, err := command(root, "go", "list", "-m", "-f", "{{.Version}}", module)
		if err != nil {
			return results{}, err
		}
		module += "@" + strings.TrimSpace(version)
	}
	description, err := command(root, "go", "mod", "download", "-json", module)
	if err != nil {
		return results{}, err
	}
	var download struct{ Dir string }
	if err := json.Unmarshal([]byte(description), &download); err != nil {
		return results{}, err
	}
	if err := os.CopyFS(folder, os.DirFS(download.Dir)); err != nil {
		return results{}, err
	}
	if _, err := command(folder, "chmod", "-R", "u+w", "."); err != nil { // the module cache is read-only
		return results{}, err
	}
	got := results{module: module}
	if err := s.rewriteModule(folder); err != nil {
		return results{}, err
	}
	for _, args := range [][]string{
		{"go", "mod", "edit", "-require=" + holdfast + "@v0.0.0", "-replace=" + holdfast + "=" + root},
		{"go", "mod", "tidy", "-e"},
	} {
		if _, err := command(folder, args[0], args[1:]...); err != nil {
			return results{}, err
		}
	}
	for _, name := range s.folders {
		rows, err := s.runPackage(s.testFolder(filepath.Join(folder, name)))
		if err != nil {
			return results{}, err
		}
		for i := range rows {
			if len(s.folders) > 1 {
				rows[i].test = name + "." + rows[i].test
			}
		}
		got.rows = append(got.rows, rows...)
	}
	for name, why := range s.none {
		tests, err := testsOf(filepath.Join(folder, name))
		if err != nil {
			return results{}, err
		}
		for _, test := range tests {
			got.rows = append(got.rows, row{notApplicable, name + "." + test, why})
		}
	}
	slices.SortFunc(got.rows, func(a, b row) int { return strings.Compare(a.test, b.test) })
	return got, nil
}

// runPackage drops the declarations that do not compile, and runs each test of a package.
func (s suite) runPackage(folder string) ([]row, error) {
	tests, err := testsOf(folder)
	if err != nil {
		return nil, err
	}
	dropped := map[string]string{} // declaration to reason
	binary := filepath.Join(folder, "ported.test")
	for round := 1; ; round++ {
		_, err := command(folder, "go", "test", "-c", "-vet=off", "-gcflags=-e", "-o", binary, ".")
		if err == nil {
			break
		}
		again, dropErr := dropBroken(folder, err.Error(), dropped)
		if dropErr != nil || !again || round == 50 {
			return nil, errors.Join(fmt.Errorf("%s: cannot be made to compile", folder), dropErr, err)
		}
	}
	var rows []row
	for _, test := range tests {
		if reason, ok := dropped[test]; ok {
			rows = append(rows, row{notApplicable, test, resolve(reason, dropped)})
			continue
		}
		rows = append(rows, row{result: runTest(folder, binary, test), test: test})
	}
	return rows, nil
}

// runTest runs one test, with a limit of two minutes.
func runTest(folder, binary, test string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^"+test+"$", "-test.v", "-test.count=1")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TEST_CONCURRENT_CASE_DURATION=2s") // bbolt's default is 30 s for each of eight cases
	output, err := cmd.CombinedOutput()
	_ = os.WriteFile(filepath.Join(folder, test+".log"), output, 0o644) // for -keep
	switch {
	case err != nil || !bytes.Contains(output, []byte("--- ")):
		return fail
	case bytes.Contains(output, []byte("--- SKIP: "+test+" ")):
		return skip
	}
	return pass
}

var missing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`type \*?(?:"[^"]*"\.|\w+\.)?(\w+) has no field or method (\w+)`), "$1.$2"},
	{regexp.MustCompile(`unknown field (\w+) in struct literal of type (?:"[^"]*"\.|\w+\.)?(\w+)`), "$2.$1"},
	{regexp.MustCompile(`unexported field (\w+) in struct literal of type (?:"[^"]*"\.|\w+\.)?(\w+)`), "$2.$1"},
	{regexp.MustCompile(`undefined: (?:\w+\.)?(\w+)`), "$1"},
}

// resolve returns the missing name of a compiler's message. A helper that was dropped has the reason of its own.
func resolve(message string, dropped map[string]string) string {
	for _, m := range missing {
		if found := m.pattern.FindStringSubmatchIndex(message); found != nil {
			name := string(m.pattern.ExpandString(nil, m.name, message, found))
			if reason, ok := dropped[name]; ok {
				return resolve(reason, dropped)
			}
			return "uses " + name
		}
	}
	return message
}

// command runs a command in a folder. The error has its output.
func command(folder, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String(), nil
}

// metadataNames is a file of the suite metadata.
//
//go:embed metadata_names.txt
var metadataNames []byte
