package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputToStdout runs verbs with "-" as the output. Standard output carries the same bytes as the file, and
// standard error the answer.
func TestOutputToStdout(t *testing.T) {
	root := unpackRoot(t, filepath.Join(caseFolder(t, "sizes-from-snapshotter"), "root.tar.gz"))
	for _, c := range []struct{ name, args, answer string }{
		{"gc", "gc testdata/tiny.db.gz --at 2026-11-22T12:00:00Z -o ", "A collection by containerd"},
		{"gc as JSON", "gc testdata/tiny.db.gz --at 2026-11-22T12:00:00Z --json -o ", "removedBytes"},
		{"collect-files", "collect-files " + root + " -o ", "Wrote"},
		{"events", "events ../../study/recorded/testdata/small-2.4.2/events.log.gz -o ", "converted to"},
		{"compare", "compare --profile edge --days 0.1 --seeds 1 --no-clairvoyant lru --report ", "edge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "out")
			holdfast(t, strings.Fields(c.args+file)...)
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// The report has the command line.
			want = bytes.ReplaceAll(want, []byte("--report "+file), []byte("--report -"))
			var stdout, stderr bytes.Buffer
			if code := run(strings.Fields(c.args+"-"), strings.NewReader(""), &stdout, &stderr); code != exitOK {
				t.Fatalf("exit code %d: %s", code, &stderr)
			}
			if !bytes.Equal(stdout.Bytes(), want) {
				t.Errorf("%d bytes on standard output, %d in the file", stdout.Len(), len(want))
			}
			if !strings.Contains(stderr.String(), c.answer) {
				t.Errorf("standard error: %s", &stderr)
			}
		})
	}
}

// TestBinaryOutputToTerminal refuses binary data on a terminal, and allows text.
func TestBinaryOutputToTerminal(t *testing.T) {
	c := &console{terminal: &bytes.Buffer{}, err: &bytes.Buffer{}}
	if err := c.check(output{"-o", stdinName, true}); err == nil || !strings.Contains(err.Error(), "standard output is a terminal") || exitCode(err) != exitUsage {
		t.Errorf("binary data: %v", err)
	}
	if err := c.check(output{"--report", stdinName, false}); err != nil {
		t.Errorf("text: %v", err)
	}
}

// TestOutputIsNotTheInput refuses to overwrite the database of a root directory.
func TestOutputIsNotTheInput(t *testing.T) {
	root := unpackRoot(t, filepath.Join(caseFolder(t, "sizes-from-snapshotter"), "root.tar.gz"))
	database := filepath.Join(root, "io.containerd.metadata.v1.bolt/meta.db")
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run([]string{"gc", root, "-o", database}, strings.NewReader(""), &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "is the same file") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if after, err := os.ReadFile(database); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database has changed: %v", err)
	}
}
