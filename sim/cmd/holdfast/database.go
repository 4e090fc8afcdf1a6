package main

import (
	"fmt"
	"io"
	"os"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
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
