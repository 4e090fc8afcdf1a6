package build

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// GuestPackage is the import path of the module's main package.
const GuestPackage = "github.com/holdfast-gc/holdfast/wasm/guest"

// Guest builds the module, writes it to path and returns its bytes. It runs the go command, which must be in the PATH.
// The error contains the output of the go command.
func Guest(path string) ([]byte, error) { return guest(path, "-s -w") }

func guest(path, linkerFlags string) ([]byte, error) {
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags="+linkerFlags, "-o", path, GuestPackage)
	cmd.Env = guestEnvironment()
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the module: %w\n%s", err, output)
	}
	return os.ReadFile(path)
}

func guestEnvironment() []string {
	return append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
}

// Sizes are the sizes of a module in bytes.
type Sizes struct {
	Code     int            // of all functions
	Data     int            // of the data sections: constants, types, tables of the runtime
	Packages map[string]int // code by the import path of the package; "" for code of no package
}

// Sections of a WebAssembly module.
const (
	customSection = 0
	importSection = 2
	codeSection   = 10
	dataSection   = 11
)

// MeasureGuest builds the module with the names of its functions and measures it.
func MeasureGuest() (*Sizes, error) {
	folder, err := os.MkdirTemp("", "holdfast-sizes")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	wasm, err := guest(filepath.Join(folder, "named.wasm"), "")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "list", "-deps", GuestPackage)
	cmd.Env = guestEnvironment()
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages of the module: %w", err)
	}
	return measure(wasm, strings.Fields(string(list)))
}

// measure adds up the functions of a module by package.
func measure(wasm []byte, packages []string) (*Sizes, error) {
	s := &Sizes{Packages: map[string]int{}}
	var functions []int
	imports, names := 0, map[int]string{}
	r := reader{rest: wasm[min(8, len(wasm)):]}
	for len(r.rest) > 0 && !r.short {
		kind := r.bytes(1)
		section := reader{rest: r.bytes(r.number())}
		if r.short {
			break
		}
		switch kind[0] {
		case importSection:
			imports = section.functionImports()
		case codeSection:
			for range section.number() {
				functions = append(functions, len(section.bytes(section.number())))
			}
		case dataSection:
			s.Data = len(section.rest)
		case customSection:
			if string(section.bytes(section.number())) == "name" {
				section.functionNames(names)
			}
		}
		r.short = r.short || section.short
	}
	if r.short || len(names) == 0 {
		return nil, errors.New("not a module with names")
	}
	paths := map[string]string{}
	for _, path := range packages {
		paths[mangled(path)] = path
	}
	for i, size := range functions {
		s.Code += size
		s.Packages[packageOf(names[i+imports], paths)] += size
	}
	return s, nil
}

// packageOf returns the package of a function: the longest path that its name begins with.
func packageOf(name string, paths map[string]string) string {
	for end := len(name); end > 0; end-- {
		if end < len(name) && name[end] != '.' {
			continue
		}
		if path, ok := paths[name[:end]]; ok {
			return path
		}
	}
	return ""
}

// mangled returns an import path as it reads in names of functions.
func mangled(path string) string {
	return strings.Map(func(c rune) rune {
		if c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, path)
}

// A reader reads the parts of a section. It is short after a read beyond the end.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) number() int {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.short, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.short, r.rest = true, nil
		return make([]byte, 1)
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

// functionImports counts the imports. The module imports only functions.
func (r *reader) functionImports() int { return r.number() }

// functionNames reads the names of functions from the section of names.
func (r *reader) functionNames(names map[int]string) {
	const functions = 1
	for len(r.rest) > 0 && !r.short {
		kind := r.bytes(1)
		part := reader{rest: r.bytes(r.number())}
		if kind[0] != functions {
			continue
		}
		for range part.number() {
			i := part.number()
			names[i] = string(part.bytes(part.number()))
		}
		r.short = r.short || part.short
	}
}
