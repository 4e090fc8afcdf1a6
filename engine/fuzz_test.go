package engine_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// seedLines adds every line of the traces in testdata.
func seedLines(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(paths) == 0 {
		f.Fatal(err, paths)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			f.Add(line)
		}
	}
	g := newGenerator(1)
	for range 200 {
		f.Add([]byte(g.op().String()))
	}
}

// FuzzParseOp checks that the text of a parsed Op parses, and prints as the same text.
func FuzzParseOp(f *testing.F) {
	seedLines(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		o, err := op.Parse(line)
		if err != nil {
			return
		}
		once := o.String()
		again, err := op.Parse([]byte(once))
		if err != nil {
			t.Fatalf("%q prints as %s, which does not parse: %v", line, once, err)
		}
		if twice := again.String(); twice != once {
			t.Fatalf("%q prints as\n%s\nwhich prints as\n%s", line, once, twice)
		}
	})
}

// FuzzReplay replays any input twice. It must end without a panic, and the hashes must be equal.
func FuzzReplay(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.jsonl")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, trace []byte) {
		first, second := replay(trace), replay(trace)
		if first != second {
			t.Fatalf("hashes %s and %s", first, second)
		}
	})
}

// opsMax is the number of Ops after which a replay stops.
const opsMax = 200

func replay(trace []byte) string {
	done := 0
	e, _ := engine.Replay(context.Background(), bytes.NewReader(trace), func(*engine.Engine, int, engine.Op, engine.Result) error {
		if done++; done == opsMax {
			return io.EOF
		}
		return nil
	})
	if e == nil {
		return ""
	}
	defer e.Close()
	return e.Hash().String()
}
