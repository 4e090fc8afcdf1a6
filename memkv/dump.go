package memkv

import (
	"bufio"
	"io"
	"strconv"
)

// Dump writes everything that the transaction sees as text; see [Frozen.Dump].
func (tx *Tx) Dump(w io.Writer) error { return tx.Freeze().Dump(w) }

// Dump writes the contents of f as text: one entry per line, in order, with nested buckets indented below their names.
// Keys and values are quoted as in Go. Equal buckets have equal dumps, and different buckets have different dumps.
//
//	"images" sequence 2
//	  "alpine" = "sha256:…"
//	  "empty" sequence 0
//
// The first line is the sequence of f itself. Dump returns the first error of w.
func (f Frozen) Dump(w io.Writer) error {
	d := dumper{out: bufio.NewWriter(w)}
	d.sequence(f.sequence())
	d.bucket(f.contents, 0)
	return d.out.Flush()
}

// A dumper ignores write errors, because its bufio.Writer keeps the first one.
type dumper struct {
	out  *bufio.Writer
	line []byte
}

func (d *dumper) bucket(c contents, depth int) {
	c.each(func(key string, e entry) bool {
		for range depth {
			d.line = append(d.line, "  "...)
		}
		d.line = strconv.AppendQuote(d.line, key)
		if e.bucket {
			d.line = append(d.line, ' ')
			d.sequence(e.sequence())
			d.bucket(e.contents, depth+1)
		} else {
			d.line = append(d.line, " = "...)
			d.line = strconv.AppendQuote(d.line, e.packed)
			d.end()
		}
		return true
	})
}

func (d *dumper) sequence(n uint64) {
	d.line = append(d.line, "sequence "...)
	d.line = strconv.AppendUint(d.line, n, 10)
	d.end()
}

func (d *dumper) end() {
	d.out.Write(append(d.line, '\n'))
	d.line = d.line[:0]
}
