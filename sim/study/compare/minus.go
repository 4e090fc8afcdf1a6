package compare

// Minus is by how much more a policy comes to than another by the same metric: the mean of the nodes' differences with its
// 95 % confidence interval. Each node had the same load under both, so that this is narrower than the two intervals
// suggest, and the difference is sure if 0 is not in it. False unless both have the values of two nodes or more.
func (m Metric) Minus(other Metric) (Metric, bool) {
	if len(m.Values) < 2 || len(m.Values) != len(other.Values) {
		return Metric{}, false
	}
	d := Metric{Name: m.Name, Unit: m.Unit}
	for i, v := range m.Values {
		d.Values = append(d.Values, v-other.Values[i])
	}
	d.Mean, d.Low, d.High = interval(d.Values)
	return d, true
}
