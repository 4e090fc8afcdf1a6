package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// stdinName is the file name that stands for standard input.
const stdinName = "-"

// baseName names a file in results.
func baseName(path string) string {
	if path == stdinName {
		return "standard input"
	}
	return filepath.Base(path)
}

// readDatabase reads a database file.
func (c *console) readDatabase(path string, options ...boltfile.ReadOption) (*memkv.DB, error) {
	var (
		db  *memkv.DB
		err error
	)
	if path == stdinName {
		db, err = boltfile.Read(c.in, options...)
	} else {
		db, err = boltfile.Open(path, options...)
	}
	if err != nil {
		return nil, damaged(err)
	}
	return db, nil
}

// damaged adds the ways out to the error of a damaged file.
func damaged(err error) error {
	var fault *boltfile.Fault
	if errors.As(err, &fault) && !errors.Is(err, boltfile.ErrNotBolt) && !errors.Is(err, boltfile.ErrRead) && !errors.Is(err, boltfile.ErrVersion) {
		err = fmt.Errorf("%w\n--salvage reads the rest, --previous the state before the last transaction; holdfast salvage writes a sound file, and\nwith --scavenge lists the records of unused pages", err)
	}
	return &fileError{err}
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
