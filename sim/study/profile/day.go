package profile

import (
	"math/rand/v2"
	"time"
)

// A Day is the distribution of events over the hours and days of a week. The zero Day is uniform.
type Day struct {
	Evidence Evidence
	Source   string

	// hours are the rates of the 24 hours of a working day from midnight UTC on, of
	// mean 1; weekend is the factor for Saturdays and Sundays.
	hours   [24]float64
	weekend float64
	set     bool
}

// Rate returns the rate of events in the hour of t, relative to the mean of a working day.
func (d Day) Rate(t time.Time) float64 {
	if !d.set {
		return 1
	}
	t = t.UTC()
	rate := d.hours[t.Hour()]
	if w := t.Weekday(); w == time.Saturday || w == time.Sunday {
		rate *= d.weekend
	}
	return rate
}

// longest is the number of weeks that Next looks ahead.
const longest = 52 * 100

// Next draws the time of the next event after a time, from independent events that happen perDay times on a working
// day. It returns false for no event in a hundred years. It takes exactly one draw from random.
func (d Day) Next(after time.Time, perDay float64, random *rand.Rand) (time.Time, bool) {
	due := exponential{1}.Quantile(random.Float64()) // in expected events from now
	week := perDay * d.days()
	if !(week > 0) || due/week > longest {
		return time.Time{}, false
	}
	weeks := int(due / week)
	due -= float64(float64(weeks) * week)
	at := after.UTC().AddDate(0, 0, 7*weeks)
	for range 8 * 24 { // except for rounding, the remainder is less than a week
		end := at.Truncate(time.Hour).Add(time.Hour)
		perSecond := perDay * d.Rate(at) / 86400
		if ahead := float64(end.Sub(at).Seconds() * perSecond); ahead <= due {
			due -= ahead
			at = end
			continue
		}
		return at.Add(time.Duration(due / perSecond * 1e9)), true
	}
	return at, true
}

// days returns the number of events of a week in units of a working day's.
func (d Day) days() float64 {
	if !d.set {
		return 7
	}
	return 5 + 2*d.weekend
}
