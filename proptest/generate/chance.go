package generate

import (
	"reflect"

	"github.com/leanovate/gopter"
)

// Chance is what is drawn from: it goes by the random source and the size that gopter hands to a generator.
type Chance struct{ p *gopter.GenParameters }

// Of makes a generator of a function that draws a value. Smaller returns the values to try instead of one, the best first;
// nil stands for a function that returns none.
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

// shrinks is a list as gopter wants it.
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

// IntN returns a number from 0 up to, but not including, n.
func (c Chance) IntN(n int) int { return c.p.Rng.Intn(n) }

// OneIn reports true once in n times.
func (c Chance) OneIn(n int) bool { return c.IntN(n) == 0 }

// Size is how large what is drawn may be, from 1 on.
func (c Chance) Size() int { return max(c.p.MaxSize, 1) }

// Pick returns one of several.
func Pick[T any](c Chance, from ...T) T { return from[c.IntN(len(from))] }

// UpTo returns a number from 1 to n, more often a small one.
func (c Chance) UpTo(n int) int { return 1 + c.IntN(1+c.IntN(max(n, 1))) }

// ChanceOf returns what generators draw from that gopter calls with those parameters.
func ChanceOf(p *gopter.GenParameters) Chance { return Chance{p} }
