// Command guest replays the trace on its standard input and prints every result and the hash of the node after it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/holdfast-gc/holdfast/engine"
)

func main() {
	_, err := engine.Replay(context.Background(), os.Stdin, func(e *engine.Engine, _ int, op engine.Op, r engine.Result) error {
		_, err := fmt.Printf("%s %s %s\n", op.Name, r, e.Hash())
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
