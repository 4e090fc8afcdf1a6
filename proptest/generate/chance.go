package generate

import (
	"reflect"

	"github.com/leanovate/gopter"
)

// A Chance is the source of random values: the random source and the size that gopter passes to a generator.
type Chance struct{ p *gopter.GenParameters }

// Of returns a generator of the values that draw returns. smaller returns simpler values to try instead of a failing
// one, the simplest first; nil means none.
func Of[T any](draw func(Chance) T, smaller func(T) []T) gopter.Gen {
	shrinker := gopter.NoShrinker
	if smaller != nil {
		shrinker = func(v any) gopter.Shrink {
			value, ok := v.(T)
			if !ok {
				return gopter.NoShrink
			}
			return shrinks(smaller(value))
		}
	}
	return func(p *gopter.GenParameters) *gopter.GenResult {
		return &gopter.GenResult{Shrinker: shrinker, Result: draw(Chance{p}), ResultType: reflect.TypeFor[T]()}
	}
}

// shrinks returns a list as a gopter.Shrink.
func shrinks[T any](all []T) gopter.Shrink {
	return func() (any, bool) {
		if len(all) == 0 {
			return nil, false
		}
		first := all[0]
		all = all[1:]
		return first, true
	}
}

// IntN returns a number from 0 to n-1.
func (c Chance) IntN(n int) int { return c.p.Rng.Intn(n) }

// OneIn returns true with probability 1/n.
func (c Chance) OneIn(n int) bool { return c.IntN(n) == 0 }

// Size returns the size that gopter asks for, at least 1.
func (c Chance) Size() int { return max(c.p.MaxSize, 1) }

// Pick returns one of the values.
func Pick[T any](c Chance, from ...T) T { return from[c.IntN(len(from))] }

// UpTo returns a number from 1 to n, small ones more often.
func (c Chance) UpTo(n int) int { return 1 + c.IntN(1+c.IntN(max(n, 1))) }

// ChanceOf returns the Chance of gopter's parameters.
func ChanceOf(p *gopter.GenParameters) Chance { return Chance{p} }
