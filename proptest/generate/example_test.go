package generate_test

import (
	"fmt"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A generator used with gopter alone: each Op prints as a line that parses as the same Op.
func Example() {
	same := prop.ForAll(func(op engine.Op) bool {
		again, err := engine.ParseOp([]byte(op.String()))
		return err == nil && again.String() == op.String()
	}, generate.Ops(generate.Calm|generate.Time))
	fmt.Println(same.Check(gopter.DefaultTestParametersWithSeed(1)).Passed())
	// Output: true
}
