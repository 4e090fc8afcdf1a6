package verbs

import (
	"bytes"
	"context"

	"github.com/holdfast-gc/holdfast/engine"
)

// apply applies the Ops of the body, one a line, and answers with their results, one a line. If a line can't be read,
// none is applied. Empty lines don't count.
func apply(c *call) (any, []byte, error) {
	var ops []engine.Op
	number := 0
	for line := range bytes.Lines(c.body) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		op, err := engine.ParseOp(line)
		if err != nil {
			return nil, nil, invalid("line %d: %v", number, err)
		}
		ops = append(ops, op)
	}
	var results bounded
	for _, op := range ops {
		result := c.node.Apply(context.Background(), op)
		line, err := result.MarshalJSON()
		if err != nil {
			line, _ = engine.Result{Code: engine.CodeOf(err), Error: err.Error()}.MarshalJSON()
		}
		if _, err := results.Write(append(line, '\n')); err != nil {
			return nil, nil, err
		}
	}
	return nil, results.data, nil
}
