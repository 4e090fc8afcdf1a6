package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
)

// tinyModule has a package p with tests that miss a mutant, and a package q with a test that detects it.
var tinyModule = map[string]string{
	"go.mod": "module " + catalogue.Module + "\n\ngo 1.26\n",
	"p/p.go": `package p

type list[T any] struct{ items []T }

func (l *list[T]) add(_ int, more ...T) { l.items = append(l.items, more...) }

func count[T any](l *list[T]) (n int) {
	for range l.items {
		n++
	}
	return n
}

func Large(a int) bool {
	if a > ten {
		return true
	}
	return false
}

const ten = 10

func safe(fn func()) (failed bool) {
	defer func() { failed = recover() != nil }()
	fn()
	return false
}
`,
	"p/p_test.go": `package p

import "testing"

func TestList(t *testing.T) {
	var l list[string]
	l.add(0, "a", "b")
	l.add(0, "c")
	if count(&l) != 3 || l.items[2] != "c" {
		t.Error(l.items)
	}
}

func TestLarge(t *testing.T) {
	if Large(9) || !Large(11) {
		t.Error()
	}
}

func TestSafe(t *testing.T) {
	if !safe(func() { panic("x") }) || safe(func() {}) {
		t.Error()
	}
}
`,
	"q/q_test.go": `package q

import (
	"testing"

	"` + catalogue.Module + `/p"
)

func TestTen(t *testing.T) {
	if p.Large(10) {
		t.Error()
	}
}
`,
}

// TestSample tests all mutants of a tiny package: without and with a slow test, with the tests of another package, and
// again with a new test.
func TestSample(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range tinyModule {
		write(name, text)
	}
	t.Chdir(dir)
	o := options{seed: 1, n: 100, own: true, log: filepath.Join(dir, "log"), timeout: 20 * time.Second, memory: 8192}
	check := func(o options, want ...string) {
		t.Helper()
		var out strings.Builder
		if err := o.run(t.Context(), "p", &out); err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(out.String(), part) {
				t.Errorf("no %q in\n%s", part, out.String())
			}
		}
	}
	const survivor = "survived: p/p.go:15: shift a comparison"
	slow := strings.ReplaceAll(tinyModule["q/q_test.go"], "if p.Large", "if testing.Short() {\n\t\tt.Skip()\n\t}\n\tif time.Sleep(200 * time.Millisecond); p.Large")
	slow = strings.Replace(strings.Replace(slow, "package q", "package p_test", 1), `"testing"`, "\"testing\"\n\t\"time\"", 1)
	write("p/slow_test.go", slow)
	o.limit = 150 * time.Millisecond
	check(o, survivor)
	o.limit, o.short = 0, true
	check(o, survivor)
	o.short = false
	check(o, "p: 7 of 7 mutants are detected (7 by its own tests)")
	if err := errors.Join(os.Remove(filepath.Join(dir, "p", "slow_test.go")), os.Remove(o.log)); err != nil {
		t.Fatal(err)
	}
	check(o, "p: 6 of 7 mutants are detected (6 by its own tests)", survivor)
	o.suites = "./..."
	check(o, "p: 7 of 7 mutants are detected (6 by its own tests)")
	o.own = false
	check(o, "p: 7 of 7 mutants are detected (0 by its own tests)")
	o.own, o.suites = true, ""
	write("p/ten_test.go", strings.Replace(strings.Replace(tinyModule["q/q_test.go"], "package q", "package p_test", 1), "TestTen", "TestTenToo", 1))
	check(o, survivor)
	o.again = true
	check(o, "p: 7 of 7 mutants are detected (7 by its own tests)")
	if err := (options{}).check([]string{"p"}); err == nil {
		t.Error("a run without tests is no error")
	}
	if err := (options{own: true}).check(nil); err == nil {
		t.Error("a run without packages is no error")
	}
	write("p/p_test.go", strings.Replace(tinyModule["p/p_test.go"], "!= 3", "!= 4", 1))
	write("p/p.go", tinyModule["p/p.go"]+"\n// Changed, so that the log has no results.\n")
	if err := o.run(t.Context(), "p", new(strings.Builder)); err == nil || !strings.Contains(err.Error(), "fail without a mutant") {
		t.Errorf("the tests fail without a mutant: %v", err)
	}
}
