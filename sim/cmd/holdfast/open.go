package main

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// read reads a database file: path, or standard input for "-".
func (c *console) read(path string) (*memkv.DB, error) {
	var (
		db  *memkv.DB
		err error
	)
	if path == "-" {
		db, err = boltfile.Read(c.in)
	} else {
		db, err = boltfile.Open(path)
	}
	if err != nil {
		return nil, &fileError{err}
	}
	return db, nil
}

// examine opens a database file to be asked a question.
func (c *console) examine(path string, q *question) (*examine.Database, error) {
	o, err := q.options()
	if err != nil {
		return nil, err
	}
	db, err := c.read(path)
	if err != nil {
		return nil, err
	}
	d, err := examine.Open(db, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}
