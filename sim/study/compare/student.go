package compare

import "math"

// student has the 97.5 % quantiles of Student's t distribution for 1 to 30 degrees of freedom.
var student = [...]float64{
	12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
	2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
	2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
}

// quantile returns the 97.5 % quantile. Beyond the table it uses the expansion around the normal distribution, which is
// exact to four digits.
func quantile(freedom int) float64 {
	if freedom <= len(student) {
		return student[freedom-1]
	}
	const z = 1.959964
	n := float64(freedom)
	return z + (z*z*z+z)/(4*n) + (5*z*z*z*z*z+16*z*z*z+3*z)/(96*n*n)
}

// IntervalNodes is the least number of nodes with a confidence interval. With fewer, the interval is so wide, and the
// distribution of the mean so unlike Student's, that it says nothing.
const IntervalNodes = 5

// interval returns the mean of values and its 95 % confidence interval, or only the mean for fewer than IntervalNodes.
func interval(values []float64) (mean, low, high float64) {
	if len(values) == 0 {
		return 0, 0, 0
	}
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if len(values) < IntervalNodes {
		return mean, mean, mean
	}
	squares := 0.0
	for _, v := range values {
		squares += float64((v - mean) * (v - mean))
	}
	half := quantile(len(values)-1) * math.Sqrt(squares/(n-1)/n)
	return mean, mean - half, mean + half
}

// Difference returns the paired difference m - other of one metric of two policies: the mean of the differences of each
// node, with its 95 % confidence interval. Both policies had the same load on each node, so this interval is narrower
// than the two intervals suggest. The difference is sure if 0 is outside of it. The result is false unless both have
// the values of the same nodes. As in every metric, there is no interval for fewer than [IntervalNodes] nodes.
func (m Metric) Difference(other Metric) (Metric, bool) {
	if len(m.Values) == 0 || len(m.Values) != len(other.Values) {
		return Metric{}, false
	}
	d := Metric{Name: m.Name, Unit: m.Unit}
	for i, v := range m.Values {
		d.Values = append(d.Values, v-other.Values[i])
	}
	d.Mean, d.Low, d.High = interval(d.Values)
	return d, true
}

// Sure reports whether a difference, as [Metric.Difference] returns it, is significant: it has an interval, and 0 is
// outside of it.
func (m Metric) Sure() bool { return len(m.Values) >= IntervalNodes && (m.Low > 0 || m.High < 0) }
