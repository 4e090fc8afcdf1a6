package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are patterns of the files whose command lines are checked.
var documents = []string{"README.md", "CONTRIBUTING.md", "docs/*.md", "sim/*.md", "proptest/*.md", "wasm/*/*.md"}

// commandLine matches a command line in a code block or between backticks.
var commandLine = regexp.MustCompile("(?:^(?:    |\t)(?:\\$ )?|`)(?:\\.\\./|go run \\./sim/cmd/)?(holdfast [^`#]+)")

// TestDocumentedCommands checks the verbs, flags and numbers of arguments of all command lines in the documents.
func TestDocumentedCommands(t *testing.T) {
	var files []string
	for _, pattern := range documents {
		matches, err := filepath.Glob(filepath.Join("../../..", pattern))
		if err != nil || len(matches) == 0 {
			t.Errorf("%s: no such document: %v", pattern, err)
		}
		files = append(files, matches...)
	}
	checked := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			for _, match := range commandLine.FindAllStringSubmatch(line, -1) {
				checked++
				if err := parses(strings.Fields(match[1])[1:]); err != nil {
					t.Errorf("%s:%d: %s: %v", name, i+1, match[1], err)
				}
			}
		}
	}
	if checked < 15 {
		t.Errorf("the documents contain only %d command lines", checked)
	}
}

// parses returns an error if the command does not accept the words. A command line without arguments and flags stands
// for the verb itself.
func parses(words []string) error {
	for i, word := range words {
		if word == "|" || word == ">" || word == "<" {
			words = words[:i]
			break
		}
	}
	root := newRoot(&console{})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.InitDefaultVersionFlag()
	cmd, args, err := root.Find(words)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(args); err != nil || len(cmd.Flags().Args()) == 0 {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// TestReadmeExample runs the example at the top of the README on the database from which it was made.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(readme), "    $ holdfast ")
	command, example, _ := strings.Cut(example, "\n")
	args := strings.Fields(strings.Replace(command, "meta.db", "testdata/labels.db.gz", 1))
	var want bytes.Buffer
	for line := range strings.Lines(holdfast(t, append(args, "--at", "2026-11-22T12:00:00Z")...)) {
		if line != "\n" {
			want.WriteString("    ")
		}
		want.WriteString(line)
	}
	if !strings.HasPrefix(example, want.String()) {
		t.Errorf("README.md does not show the output of holdfast %s:\n%s", command, want.String())
	}
}
