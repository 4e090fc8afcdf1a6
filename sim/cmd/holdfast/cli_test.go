package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// fixturesDir holds databases of real daemons, and the objects that their collections removed.
const fixturesDir = "../../../metadata/testdata/fixtures"

// holdfast runs a command line that must succeed, and returns its standard output.
func holdfast(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
		t.Fatalf("holdfast %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// expected is the contents of a fixture's expected.json.
type expected struct {
	CollectedBy string         `json:"collected_by"`
	At          time.Time      `json:"gc_time"`
	Removed     []string       `json:"removed"`
	Counts      map[string]int `json:"removed_count"`
	Kept        map[string]int `json:"kept"`
}

// eachFixture runs a test for every fixture.
func eachFixture(t *testing.T, test func(t *testing.T, dir string, e expected)) {
	dirs, err := filepath.Glob(filepath.Join(fixturesDir, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var e expected
			data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
			if err == nil {
				err = json.Unmarshal(data, &e)
			}
			if err != nil {
				t.Fatal(err)
			}
			test(t, dir, e)
		})
	}
}

func TestPlanOfFixtures(t *testing.T) {
	eachFixture(t, func(t *testing.T, dir string, e expected) {
		var p struct {
			Version      int
			At           time.Time
			Containerd   string
			Removed      []string
			RemovedCount map[string]int
			KeptCount    map[string]int
			RemovedBytes *int64
		}
		printed := holdfast(t, "plan", filepath.Join(dir, "before.db.gz"), "--json",
			"--at", e.At.Format(time.RFC3339Nano), "--containerd", e.CollectedBy)
		if err := json.Unmarshal([]byte(printed), &p); err != nil {
			t.Fatal(err)
		}
		if p.Version != 1 || !p.At.Equal(e.At) || !strings.HasPrefix(e.CollectedBy, p.Containerd) || p.RemovedBytes == nil {
			t.Errorf("got %+v", p)
		}
		if !slices.Equal(p.Removed, e.Removed) {
			t.Errorf("removed %q,\nwant %q", p.Removed, e.Removed)
		}
		for _, kind := range examine.Kinds() {
			if p.RemovedCount[kind] != e.Counts[kind] || p.KeptCount[kind] != e.Kept[kind] {
				t.Errorf("%s: %d removed and %d kept, want %d and %d", kind, p.RemovedCount[kind], p.KeptCount[kind], e.Counts[kind], e.Kept[kind])
			}
		}
	})
}

func TestPlanOfFixturesAtOtherTimes(t *testing.T) {
	eachFixture(t, func(t *testing.T, dir string, _ expected) {
		var at struct {
			Removed map[time.Time][]string `json:"removed_at"`
		}
		data, err := os.ReadFile(filepath.Join(dir, "expected_at.json"))
		if errors.Is(err, os.ErrNotExist) {
			t.Skip("the fixture has no expectations at other times")
		}
		if err == nil {
			err = json.Unmarshal(data, &at)
		}
		if err != nil || len(at.Removed) == 0 {
			t.Fatal(err, len(at.Removed))
		}
		for now, want := range at.Removed {
			var p examine.Plan
			printed := holdfast(t, "plan", filepath.Join(dir, "before.db.gz"), "--json", "--at", now.Format(time.RFC3339Nano))
			if err := json.Unmarshal([]byte(printed), &p); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Removed, want) {
				t.Errorf("at %v: removed %q,\nwant %q", now, p.Removed, want)
			}
		}
	})
}

// TestStandardInput runs every verb that reads a database on a file and on standard input, compressed and plain.
func TestStandardInput(t *testing.T) {
	compressed, err := os.ReadFile("testdata/tiny.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "plain.db")
	db, err := boltfile.ReadBytes(compressed)
	if err == nil {
		err = boltfile.WriteFile(plain, db)
	}
	if err != nil {
		t.Fatal(err)
	}
	uncompressed, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	const at = "2026-11-22T12:00:00Z"
	for _, args := range [][]string{
		{"plan", "FILE", "--at", at},
		{"why", "FILE", "container/default/web", "--at", at},
		{"top", "FILE", "--at", at},
		{"inspect", "FILE"},
		{"fsck", "FILE", "--at", at},
		{"diff", "FILE", "testdata/tiny-collected.db.gz"},
		{"diff", "testdata/tiny-collected.db.gz", "FILE"},
		{"gc", "FILE", "-o", filepath.Join(t.TempDir(), "out.db"), "--at", at},
	} {
		outputs := map[string]string{}
		for name, input := range map[string][]byte{"testdata/tiny.db.gz": nil, plain: nil, "-": compressed, "- uncompressed": uncompressed} {
			line := slices.Clone(args)
			line[slices.Index(line, "FILE")] = strings.Fields(name)[0]
			var stdout, stderr bytes.Buffer
			if code := run(line, bytes.NewReader(input), &stdout, &stderr); code > exitFindings || stderr.Len() > 0 {
				t.Errorf("%q: exit code %d, %s", line, code, stderr.String())
			}
			outputs[name] = stdout.String()
		}
		for name, output := range outputs {
			if output != outputs["-"] || output == "" {
				t.Errorf("%q: with %s:\n%s\nwith standard input:\n%s", args, name, output, outputs["-"])
			}
		}
	}
}

func TestStandardInputIsReadOnce(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"diff", "-", "-"}, strings.NewReader(""), &stdout, &stderr); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}

// TestDefaultTime checks that --at defaults to the current time.
func TestDefaultTime(t *testing.T) {
	var p examine.Plan
	before := systemTime()
	if err := json.Unmarshal([]byte(holdfast(t, "plan", "testdata/tiny.db.gz", "--json")), &p); err != nil {
		t.Fatal(err)
	}
	if p.At.Before(before) || p.At.After(systemTime()) {
		t.Errorf("planned at %v", p.At)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestOutputThatCannotBeWritten(t *testing.T) {
	var stderr bytes.Buffer
	if code := run([]string{"inspect", "testdata/tiny.db.gz"}, strings.NewReader(""), brokenWriter{}, &stderr); code != exitFile || stderr.Len() == 0 {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}

// TestFailedWriteLeavesNothing checks that a failed gc leaves neither its output nor a temporary file.
func TestFailedWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	writeBrokenFiles(t, dir)
	out := t.TempDir()
	for _, file := range []string{"truncated.db", "foreign.db", "fails.db", "page.db"} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"gc", filepath.Join(dir, file), "-o", filepath.Join(out, "out.db")}, strings.NewReader(""), &stdout, &stderr); code == exitOK {
			t.Errorf("%s: exit code 0", file)
		}
	}
	left, err := os.ReadDir(out)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestColours(t *testing.T) {
	c := &console{colours: true}
	c.line(bold, "%s", "a\x1b[0mb")
	if got, want := c.out.String(), "\x1b[1ma\\x1b[0mb\x1b[0m\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if takesColours(file) || takesColours(&bytes.Buffer{}) {
		t.Error("a file or a buffer is taken for a terminal")
	}
	terminal, err := os.Open(os.DevNull) // a character device, like a terminal
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if !takesColours(terminal) {
		t.Error("a terminal is not recognized")
	}
	t.Setenv("NO_COLOR", "1")
	if takesColours(terminal) {
		t.Error("NO_COLOR is not respected")
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1<<20 - 1: "1.0 MiB", 1 << 30: "1.0 GiB", 1<<63 - 1: "8.0 EiB",
	} {
		if got := humanBytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := humanCount(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestBitFlips asks questions of damaged files: each run ends with an exit code for files, findings or success.
func TestBitFlips(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	db, err := boltfile.Open("testdata/tiny.db.gz")
	if err == nil {
		err = boltfile.WriteFile(path, db)
	}
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[int]int{}
	for at := 0; at < len(whole); at += 401 {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 1 << (at % 8)
		for _, args := range [][]string{{"plan", "-"}, {"fsck", "-"}, {"inspect", "-"}, {"top", "-"}} {
			var stdout, stderr bytes.Buffer
			codes[run(args, bytes.NewReader(damaged), &stdout, &stderr)]++
		}
	}
	if codes[exitUsage] > 0 || codes[exitFile] == 0 || codes[exitFindings] == 0 || codes[exitOK] == 0 {
		t.Errorf("exit codes %v", codes)
	}
}

func TestEmptyDatabaseIsForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.db")
	if err := boltfile.WriteFile(path, memkv.New()); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run([]string{"plan", path}, strings.NewReader(""), &stdout, &stderr)
	if code != exitFile || !strings.Contains(stderr.String(), "not a metadata database") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}
