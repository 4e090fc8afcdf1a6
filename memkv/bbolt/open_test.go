package bbolt_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	original "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv/bbolt"
)

// A side opens databases with one of the two packages.
type side struct {
	open   func(path string, readOnly bool) (database, error)
	remove func(path string) error
}

type database interface {
	Close() error
	Path() string
	put(value string) error
	get() string
}

type inMemory struct{ *bbolt.DB }

func (db inMemory) put(value string) error {
	return db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("b"))
		if err != nil {
			return err
		}
		return b.Put([]byte("k"), []byte(value))
	})
}

func (db inMemory) get() (value string) {
	err := db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte("b")); b != nil {
			value = string(b.Get([]byte("k")))
		}
		return nil
	})
	return fmt.Sprintf("%q %v", value, err)
}

type inFile struct{ *original.DB }

func (db inFile) put(value string) error {
	return db.Update(func(tx *original.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("b"))
		if err != nil {
			return err
		}
		return b.Put([]byte("k"), []byte(value))
	})
}

func (db inFile) get() (value string) {
	err := db.View(func(tx *original.Tx) error {
		if b := tx.Bucket([]byte("b")); b != nil {
			value = string(b.Get([]byte("k")))
		}
		return nil
	})
	return fmt.Sprintf("%q %v", value, err)
}

// The timeout is longer than the 50 ms at which bolt tries again: a shorter one ends at once.
const timeout = 60 * time.Millisecond

var sides = map[string]side{
	"memory": {
		func(path string, readOnly bool) (database, error) {
			db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: timeout, ReadOnly: readOnly})
			return inMemory{db}, err
		}, bbolt.Remove,
	},
	"file": {
		func(path string, readOnly bool) (database, error) {
			db, err := original.Open(path, 0o600, &original.Options{Timeout: timeout, ReadOnly: readOnly, NoSync: true})
			return inFile{db}, err
		}, os.Remove,
	},
}

// TestOpen makes the same calls with bolt's files and in memory, and compares the results.
func TestOpen(t *testing.T) {
	a, b := sides["memory"].play(t.TempDir()), sides["file"].play(t.TempDir())
	if !slices.Equal(a, b) {
		t.Errorf("results differ\nmemory:\n%s\nfile:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

// play returns a line for each call.
func (s side) play(folder string) (lines []string) {
	open := map[string]database{}
	note := func(call string, result any) {
		text := fmt.Sprint(result)
		if err, ok := result.(error); ok && errors.Is(err, fs.ErrNotExist) {
			text = "does not exist" // in the words of the operating system
		}
		lines = append(lines, fmt.Sprintf("%s: %s", strings.TrimSpace(call), strings.ReplaceAll(text, folder, "")))
	}
	for step := range strings.SplitSeq(`
		read    missing  r
		remove  missing
		write   a        w
		put     a        w
		get     a        w
		write   a        second
		read    a        second
		write   ./a      second
		write   b        other
		get     b        other
		close   b        other
		close   a        w
		close   a        w
		get     a        w
		write   a        w
		get     a        w
		close   a        w
		read    a        r1
		read    a        r2
		put     a        r1
		write   a        w
		close   a        r1
		write   a        w
		close   a        r2
		write   a        w
		put     a        w
		remove  a
		get     a        w
		write   a        new
		get     a        new
		close   a        w
		get     a        new
		write   a        w
		close   a        new
		remove  a
		remove  a
		read    a        r
		write   -        w
		remove  b
	`, "\n") {
		words := strings.Fields(step)
		if len(words) == 0 {
			continue
		}
		call, path := words[0], ""
		if words[1] != "-" {
			path = folder + "/" + words[1]
		}
		switch call {
		case "write", "read":
			db, err := s.open(path, call == "read")
			if note(step, err); err == nil {
				open[words[2]] = db
				note("its path", db.Path())
			}
		case "remove":
			note(step, s.remove(path))
		case "put":
			note(step, open[words[2]].put(path+words[2]))
		case "get":
			note(step, open[words[2]].get())
		case "close":
			note(step, open[words[2]].Close())
		}
	}
	return lines
}

// Open without a timeout waits until the database is closed.
func TestOpenWaits(t *testing.T) {
	path := t.TempDir() + "/db"
	defer bbolt.Remove(path)
	var all sync.WaitGroup
	holders := make(chan struct{}, 1) // a second holder finds it full
	for range 8 {
		all.Go(func() {
			for range 20 {
				db, err := bbolt.Open(path, 0o600, nil)
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case holders <- struct{}{}:
				default:
					t.Error("the database is open twice")
				}
				if err := (inMemory{db}).put("x"); err != nil {
					t.Error(err)
				}
				<-holders
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// missing lists the exported names of bolt that package bbolt lacks, with the reason.
var missing = map[string]string{
	"Compact":               "there are no pages to compact",
	"Info":                  "the address of mapped memory",
	"WithPageId":            "there are no pages",
	"Logger":                "memkv logs nothing",
	"DefaultLogger":         "memkv logs nothing",
	"Options.Logger":        "memkv logs nothing",
	"Options.MaxSize":       "there is no file to limit",
	"Options.OpenFile":      "there is no file to open",
	"ErrInvalid":            "an error of files",
	"ErrInvalidMapping":     "an error of files",
	"ErrVersionMismatch":    "an error of files",
	"ErrChecksum":           "an error of files",
	"ErrFreePagesNotLoaded": "an error of files",
}

// Each name of bolt, and each field of its Options, is there or in missing.
func TestNames(t *testing.T) {
	names := func(path string) (all []string) {
		folder, err := exec.Command("go", "list", "-f", "{{.Dir}}", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(folder)), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declaration := range parsed.Decls {
				all = append(all, exported(declaration)...)
			}
		}
		return all
	}
	ours, theirs := names("github.com/holdfast-gc/holdfast/memkv/bbolt"), names("go.etcd.io/bbolt")
	for _, name := range theirs {
		if there := slices.Contains(ours, name); there == (missing[name] != "") {
			t.Errorf("%s: there: %v, in missing: %v", name, there, !there)
		}
	}
	for _, name := range ours {
		if !slices.Contains(theirs, name) && name != "Remove" {
			t.Errorf("%s: not in bolt", name)
		}
	}
}

// TestCheck checks a database with the options of bolt's names.
func TestCheck(t *testing.T) {
	db, err := bbolt.Open(t.Name(), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for fault := range tx.Check(bbolt.WithKVStringer(bbolt.HexKVStringer())) {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// exported returns the exported names of a declaration, and the fields of Options. Methods have none.
func exported(declaration ast.Decl) (all []string) {
	if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil {
		all = append(all, f.Name.Name)
	} else if group, ok := declaration.(*ast.GenDecl); ok {
		for _, spec := range group.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					all = append(all, name.Name)
				}
			case *ast.TypeSpec:
				all = append(all, spec.Name.Name)
				if fields, ok := spec.Type.(*ast.StructType); ok && spec.Name.Name == "Options" {
					for _, field := range fields.Fields.List {
						for _, name := range field.Names {
							all = append(all, "Options."+name.Name)
						}
					}
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return !token.IsExported(name) })
}
