package generate_test

import (
	"fmt"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A generator used with gopter alone: each Op prints as a line that parses as the same Op.
func Example() {
	same := prop.ForAll(func(o engine.Op) bool {
		again, err := op.Parse([]byte(o.String()))
		return err == nil && again.String() == o.String()
	}, generate.Ops(generate.Calm|generate.Time))
	fmt.Println(same.Check(gopter.DefaultTestParametersWithSeed(1)).Passed())
	// Output: true
}
