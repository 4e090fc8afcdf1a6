package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An output is the file that a flag names, or standard output for "-". While standard output carries the file, the
// answer of the verb goes to standard error.
type output struct {
	flag   string // as the user writes it, for example "-o"
	name   string
	binary bool // a terminal must not get it
}

// check returns an error if the output cannot be written. A verb calls it before its work starts.
func (c *console) check(o output) error {
	switch {
	case o.name != stdinName:
		info, err := os.Stat(o.name)
		if err == nil && info.IsDir() {
			return &fileError{fmt.Errorf("%s %s: is a directory; name a file", o.flag, o.name)}
		}
		return checkDirectory(o.flag, filepath.Dir(o.name))
	case o.binary && c.terminal != nil:
		return fmt.Errorf("%s -: standard output is a terminal, and the data is binary; redirect it to a file or a pipe", o.flag)
	}
	c.answerToErr()
	return nil
}

// checkDirectory returns an error if the directory into which a flag writes does not exist.
func checkDirectory(flag, dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &fileError{fmt.Errorf("%s: the directory %s does not exist", flag, dir)}
	case err != nil:
		return &fileError{fmt.Errorf("%s: %w", flag, err)}
	case !info.IsDir():
		return &fileError{fmt.Errorf("%s: %s is not a directory", flag, dir)}
	}
	return nil
}

// answerToErr lets standard output carry data, and standard error the answer.
func (c *console) answerToErr() {
	c.dataOut = true
	c.colours = takesColours(c.err)
	if !c.wide {
		c.width = outputWidth(c.err)
	}
}

// flush writes the answer and the data of a verb.
func (c *console) flush(stdout io.Writer) error {
	if !c.dataOut {
		_, err := c.out.WriteTo(stdout)
		return err
	}
	_, err := c.data.WriteTo(stdout)
	_, errAnswer := c.out.WriteTo(c.err)
	return errors.Join(err, errAnswer)
}

// outputName names an output behind the word "Wrote".
func outputName(name string) string {
	if name == stdinName {
		return "to standard output"
	}
	return name
}

// writeTo calls write for the contents of an output.
func (c *console) writeTo(name string, write func(io.Writer) error) error {
	if name == stdinName {
		return write(&c.data)
	}
	f, err := os.Create(name)
	if err != nil {
		return &fileError{err}
	}
	defer f.Close()
	if err := write(f); err != nil {
		return &fileError{fmt.Errorf("%s: %w", name, err)}
	}
	if err := f.Close(); err != nil {
		return &fileError{err}
	}
	return nil
}
