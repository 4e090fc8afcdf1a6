package build_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/wasm/internal/build"
)

var update = flag.Bool("update", false, "rewrite the table of sizes")

// sizesFile has the table of packages. Its numbers are those of the last update.
const sizesFile = "../../guest/SIZES.md"

// listedFrom is the code size in bytes from which a package needs a reason.
const listedFrom = 50_000

// reasons say why a package is in the module.
var reasons = map[string]string{
	"":                                       "code of no package: comparisons and hashes of types",
	"runtime":                                "Go's runtime: allocator, garbage collector, scheduler, maps",
	"slices":                                 "sorting and searching, once for each shape of element",
	"encoding/json":                          "headers, arguments and answers of package examine; Ops have generated code",
	"reflect":                                "package json",
	"fmt":                                    "texts of errors and of explanations",
	"regexp":                                 "the operator ~= of containerd's filters",
	"regexp/syntax":                          "the operator ~= of containerd's filters",
	"time":                                   "times and durations of records and requests",
	"unicode":                                "tables of package regexp, and of texts in lower case",
	"internal/strconv":                       "numbers as text",
	"archive/tar":                            "archives of a node",
	"github.com/sirupsen/logrus":             "package log of containerd, which the daemon's packages use",
	"github.com/tidwall/btree":               "the ordered trees of the database",
	"github.com/holdfast-gc/holdfast/engine": "the node",
	"github.com/holdfast-gc/holdfast/engine/backend":       "content and snapshots in memory",
	"github.com/holdfast-gc/holdfast/engine/internal/wire": "Ops, results and setups as JSON",
	"github.com/holdfast-gc/holdfast/engine/op":            "Ops: the rows, and the generated code that encodes and decodes them",
	"github.com/holdfast-gc/holdfast/gc":                   "the graph: marking, plans, chains, dominators",
	"github.com/holdfast-gc/holdfast/gc/spec":              "the language of policies, for simulations and comparisons",
	"github.com/holdfast-gc/holdfast/memkv":                "the database",
	"github.com/holdfast-gc/holdfast/memkv/boltfile":       "files: reading, writing, checking, salvaging",
	"github.com/holdfast-gc/holdfast/memkv/internal/bolt":  "pages of files",
	"github.com/holdfast-gc/holdfast/metadata":             "the stores and the collections",
	"github.com/holdfast-gc/holdfast/metadata/examine":     "the answers",
	"github.com/holdfast-gc/holdfast/metadata/graph":       "the graph of a database",
	"github.com/holdfast-gc/holdfast/metadata/schema":      "the schema",
	"github.com/holdfast-gc/holdfast/sim":                  "the verb simulate",
	"github.com/holdfast-gc/holdfast/sim/oracle":           "the verb simulate",
	"github.com/holdfast-gc/holdfast/sim/study/compare":    "the verb compare",
	"github.com/holdfast-gc/holdfast/sim/study/policy":     "the verb compare",
	"github.com/holdfast-gc/holdfast/sim/study/profile":    "the verb compare: profiles of loads",
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs":  "the requests",
}

// TestSizes checks that each large package of the module has a reason, and that the table lists these packages.
func TestSizes(t *testing.T) {
	sizes, err := build.MeasureGuest()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "# Sizes of the module\n\nThe code of the module has %s kB, its data %s kB. These packages have more than %s kB of code:\n\n| package | kB | reason |\n|---|---|---|\n",
		kilobytes(sizes.Code), kilobytes(sizes.Data), kilobytes(listedFrom))
	names := slices.SortedFunc(maps.Keys(sizes.Packages), func(a, b string) int { return sizes.Packages[b] - sizes.Packages[a] })
	var listed []string
	for _, name := range names {
		if sizes.Packages[name] < listedFrom {
			break
		}
		if reasons[name] == "" {
			t.Errorf("%q has %d bytes of code in the module: give a reason, or leave it out", name, sizes.Packages[name])
		}
		listed = append(listed, name)
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", name, kilobytes(sizes.Packages[name]), reasons[name])
	}
	for name := range reasons {
		if sizes.Packages[name] < listedFrom*4/5 {
			t.Errorf("%q has only %d bytes of code in the module: it needs no reason", name, sizes.Packages[name])
		}
	}
	fmt.Fprint(&table, "\n`go test ./wasm/internal/build -run TestSizes -update` writes this table.\n")
	if *update {
		if err := os.WriteFile(sizesFile, []byte(strings.ReplaceAll(table.String(), "``", "none")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(sizesFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range listed {
		if name != "" && !strings.Contains(string(text), "| `"+name+"` |") {
			t.Errorf("%s lacks %q: go test -run TestSizes -update", sizesFile, name)
		}
	}
}

func kilobytes(bytes int) string { return fmt.Sprint((bytes + 500) / 1000) }
