package compare

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// met are the lifetimes of what is met at a moment: each is as frequent as it is long.
type met struct {
	lives  []float64 // seconds, ascending, each as frequent among all as the next
	weight []float64 // the sum of the lives up to each
}

// metSteps is how finely a distribution is looked at.
const metSteps = 4096

func newMet(life profile.Figure) met {
	var m met
	sum := 0.0
	for i := range metSteps {
		s := min(life.Quantile((float64(i)+0.5)/metSteps), 100*365*86400)
		sum += s
		m.lives, m.weight = append(m.lives, s), append(m.weight, sum)
	}
	return m
}

// left draws how long one that is met has still to live.
func (m met) left(random *rand.Rand) time.Duration {
	sum := m.weight[len(m.weight)-1]
	u, v := random.Float64(), random.Float64()
	at, _ := slices.BinarySearch(m.weight, float64(u*sum))
	life := m.lives[min(at, len(m.lives)-1)]
	return time.Duration(float64(v*life) * 1e9)
}
