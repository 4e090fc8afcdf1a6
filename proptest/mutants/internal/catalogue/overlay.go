package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Variable is the environment variable with the number of the active mutant.
const Variable = "HOLDFAST_MUTANT"

// seamPath is the path of the package that mutated files import. It exists only in the overlay.
const seamPath = "internal/seam"

const seamSource = `// Package seam selects the active mutant.
package seam

import (
	"os"
	"strconv"
)

var number, _ = strconv.Atoi(os.Getenv("` + Variable + `"))

// On reports whether the n-th mutant is active.
func On(n int) bool { return n == number }

// Pick returns b if the n-th mutant is active, and a otherwise.
func Pick[T any](n int, a, b T) T {
	if n == number {
		return b
	}
	return a
}
`

// Module is the path of the module whose sources the mutants are of.
const Module = "github.com/holdfast-gc/holdfast"

// Overlay writes mutated copies of the module's files to the folder to, and returns the path of a file there for the go
// command's -overlay. root is the folder of the module.
//
// A mutant is an error if its old text does not occur exactly once in its file, or if its new text does not parse.
func Overlay(root, to string, all []Mutant) (string, error) {
	files := map[string][]int{}
	for i, m := range all {
		files[m.File] = append(files[m.File], i)
	}
	sources := map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			return "", err
		}
		if sources[path], err = mutate(string(source), all, files[path]); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	return WriteOverlay(root, to, sources)
}

// WriteOverlay writes files of the module, by their paths from its root, and the package that [ImportSeam] imports to
// the folder to. It returns the path of a file there for the go command's -overlay.
func WriteOverlay(root, to string, files map[string][]byte) (string, error) {
	replace := map[string]string{}
	add := func(path string, source []byte) error {
		at := filepath.Join(to, strings.ReplaceAll(path, "/", "_"))
		replace[filepath.Join(root, filepath.FromSlash(path))] = at
		return os.WriteFile(at, source, 0o644)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := add(path, files[path]); err != nil {
			return "", err
		}
	}
	if err := add(seamPath+"/seam.go", []byte(seamSource)); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", err
	}
	name := filepath.Join(to, "overlay.json")
	return name, os.WriteFile(name, text, 0o644)
}

// ImportSeam adds to the source of a file the import of package seam, whose function On(n) reports whether the n-th
// mutant is active.
func ImportSeam(source string) ([]byte, error) {
	at := packageLine.FindStringIndex(source)
	if at == nil {
		return nil, fmt.Errorf("no package clause")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\nimport %q\n%s", source[:at[1]], Module+"/"+seamPath, source[at[1]:])
	return b.Bytes(), nil
}

var (
	mutatedWord = regexp.MustCompile(`\bmutated\b`)
	pickedCall  = regexp.MustCompile(`\bpicked\(`)
	packageLine = regexp.MustCompile(`(?m)^package \w+$`)
)

// mutate returns the source of a file with the given mutants applied.
func mutate(source string, all []Mutant, in []int) ([]byte, error) {
	for _, i := range in {
		m := all[i]
		switch n := strings.Count(source, m.Old); n {
		case 1:
		case 0:
			return nil, fmt.Errorf("mutant %q: the file has no %q, or another mutant changed it: update the catalogue", m.Name, m.Old)
		default:
			return nil, fmt.Errorf("mutant %q: the file has %q %d times: make the text longer", m.Name, m.Old, n)
		}
		number := strconv.Itoa(i + 1)
		code := mutatedWord.ReplaceAllString(m.New, "seam.On("+number+")")
		code = pickedCall.ReplaceAllString(code, "seam.Pick("+number+", ")
		if code == m.New {
			return nil, fmt.Errorf("mutant %q: it would always be active: use mutated or picked in the replacement of %q", m.Name, m.Old)
		}
		source = strings.Replace(source, m.Old, code, 1)
		if _, err := format.Source([]byte(source)); err != nil {
			return nil, fmt.Errorf("mutant %q: %w", m.Name, err)
		}
	}
	return ImportSeam(source)
}
