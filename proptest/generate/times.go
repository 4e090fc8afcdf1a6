package generate

import (
	"time"

	"github.com/leanovate/gopter"
)

// Start is the time at which every history begins.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// spans are the differences between times. Equal differences occur often, because comparisons go wrong at equality.
var spans = []time.Duration{time.Second, time.Hour, 24 * time.Hour, 24*time.Hour + time.Second, 48 * time.Hour}

// Span draws a difference between times. One in eight is negative.
func (c Chance) Span() time.Duration {
	d := Pick(c, spans...)
	if c.OneIn(8) {
		return -d
	}
	return d
}

// Time draws a time before, at or after now.
func (c Chance) Time(now time.Time) time.Time {
	switch c.IntN(5) {
	case 0:
		return now
	case 1:
		return now.Add(-Pick(c, spans...))
	}
	return now.Add(Pick(c, spans...))
}

// Spans generates differences between times. They shrink to shorter ones.
func Spans() gopter.Gen {
	return Of(Chance.Span, func(d time.Duration) (shorter []time.Duration) {
		for _, s := range spans {
			if s < max(d, -d) {
				shorter = append(shorter, s)
			}
		}
		return shorter
	})
}

// Times generates times around Start. They shrink to Start.
func Times() gopter.Gen {
	return Of(func(c Chance) time.Time { return c.Time(Start) }, func(t time.Time) []time.Time {
		if t.Equal(Start) {
			return nil
		}
		return []time.Time{Start}
	})
}
