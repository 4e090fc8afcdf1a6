package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
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

// TestDeployment checks that the command accepts the arguments in the manifest for Kubernetes, and those of the image.
func TestDeployment(t *testing.T) {
	data, err := os.ReadFile("../../deploy/campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	var containers func(n *yaml.Node)
	containers = func(n *yaml.Node) {
		for i, child := range n.Content {
			containers(child)
			if n.Kind != yaml.MappingNode || i%2 != 0 || child.Value != "args" {
				continue
			}
			var args []string
			if err := n.Content[i+1].Decode(&args); err != nil {
				t.Fatal(err)
			}
			found = append(found, strings.Join(args[:2], " "))
			if err := parses(args); err != nil {
				t.Errorf("%v: %v", args, err)
			}
		}
	}
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var document yaml.Node
		if err := d.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		containers(&document)
	}
	if strings.Join(found, ", ") != "campaign work, campaign start" {
		t.Errorf("containers run %v", found)
	}
	image, err := os.ReadFile("../../deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(image, []byte("CMD [\"campaign\", \"work\"]")) || bytes.Contains(image, []byte("STOPSIGNAL")) {
		t.Errorf("%s", image)
	}
}
