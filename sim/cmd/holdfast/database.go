package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// stdinName is the file name that stands for standard input.
const stdinName = "-"

// readDatabase reads a database file.
func (c *console) readDatabase(path string) (*memkv.DB, error) {
	var (
		db  *memkv.DB
		err error
	)
	if path == stdinName {
		db, err = boltfile.Read(c.in)
	} else {
		db, err = boltfile.Open(path)
	}
	if err != nil {
		return nil, &fileError{err}
	}
	return db, nil
}

// openNode makes a node in memory from a database file. Nothing schedules its collections.
func (c *console) openNode(path string) (node *engine.Engine, err error) {
	if path == stdinName {
		node, err = engine.Read(c.in, engine.WithoutSchedule())
	} else {
		node, err = engine.Open(path, engine.WithoutSchedule())
	}
	if err != nil {
		return nil, &fileError{fmt.Errorf("%s: %w", path, err)}
	}
	return node, nil
}

// openText opens a trace or a recording. The caller closes it.
func (c *console) openText(path string) (io.ReadCloser, error) {
	if path == stdinName {
		return io.NopCloser(c.in), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &fileError{err}
	}
	return f, nil
}

// completeNode returns the shell completion of a verb with a database file as its first argument, followed by up to
// maxNodes names of nodes in it.
func completeNode(c *console, maxNodes int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) > maxNodes || args[0] == stdinName:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		db, err := c.readDatabase(args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, err := examine.Names(db)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var matches []string
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				matches = append(matches, name)
			}
		}
		return matches, cobra.ShellCompDirectiveNoFileComp
	}
}
