package compare

import (
	"cmp"
	"slices"
	"time"
)

// holdersMax is how many holders a result names for each policy.
const holdersMax = 12

// result summarizes the finished cells.
func (s *plan) result(cells []*cell) *Result {
	r := &Result{
		Load: s.info(), Start: s.origins[0].start, Nodes: s.nodeNames(), Days: s.Days, Disk: s.Disk, Other: s.other, Faults: s.Faults, Seed: s.Seed, Seeds: s.Seeds,
		Every: s.every.Seconds(), Costs: CostModels(), Policies: []Policy{},
	}
	for i, c := range s.policies {
		p := Policy{Spec: c.spec(), Name: c.Name, Collect: c.collect.String(), Release: c.releases(), Clairvoyant: c.clairvoyant}
		var mine []*cell
		var outcomes []*outcome
		for _, cell := range cells {
			if cell.policy == i && cell.outcome != nil {
				mine, outcomes = append(mine, cell), append(outcomes, cell.outcome)
				if room := cell.outcome.bounds.Room; room > 0 {
					r.LeastDisk = max(r.LeastDisk, room+s.other)
				}
			}
		}
		p.Series = average(mine)
		p.Void = failures(outcomes)
		for _, m := range metrics {
			figure := Metric{Name: m.Name, Unit: m.Unit, Void: p.Void != "" && !m.counts}
			var values []float64
			for _, o := range outcomes {
				values = append(values, m.of(o))
				if m.least != nil && p.Void == "" {
					figure.Least += m.least(o) / float64(len(outcomes))
				}
			}
			figure.Mean, figure.Low, figure.High = interval(values)
			if len(values) == s.Seeds {
				figure.Values = values
			}
			if figure.Least > 0 {
				figure.Bound = max(figure.Mean/figure.Least, 1) // sums of seconds are rounded
			}
			p.Metrics = append(p.Metrics, figure)
		}
		for _, cost := range r.Costs {
			p.PauseModels = append(p.PauseModels, pauseModel(cost, outcomes))
		}
		p.Holders = holders(outcomes)
		p.Short = shorts(outcomes)
		p.Faults = s.Faults.counts(outcomes)
		p.Idle = c.idle(outcomes, s.Disk, s.other)
		r.Policies = append(r.Policies, p)
	}
	r.judge()
	return r
}

// info describes the source of the load.
func (s *plan) info() LoadInfo {
	if s.Load != nil {
		return s.Load.Info
	}
	info := LoadInfo{Kind: "profile", Name: s.profile.Name, About: s.profile.About, Notes: notes(s.profile)}
	if s.origins[0].state != nil {
		info.Kind, info.Name = "database", s.originNames()
		info.Notes = append(info.Notes, fromNotes(s.profile)...)
	}
	return info
}

// average returns the mean series of some nodes, up to the end of the shortest.
func average(cells []*cell) []Point {
	list := []Point{}
	if len(cells) == 0 {
		return list
	}
	n := float64(len(cells))
	for at := 0; ; at++ {
		p := Point{Pinned: make([]float64, holderKinds)}
		for i, c := range cells {
			if at == len(c.series) {
				return list
			}
			s := c.series[at]
			used := float64(s.used)
			p.Used += used / n
			p.Garbage += float64(s.kinds[holderKinds]) / n
			for k := range p.Pinned {
				p.Pinned[k] += float64(s.kinds[k]) / n
			}
			if i == 0 {
				p.Low, p.High = used, used
			}
			p.Low, p.High = min(p.Low, used), max(p.High, used)
		}
		list = append(list, p)
	}
}

// edges are the upper ends of the buckets of pauses in each decade.
var edges = []float64{1, 2, 5}

func pauseModel(cost Cost, outcomes []*outcome) PauseModel {
	m := PauseModel{Cost: cost.Name, Buckets: []Bucket{}}
	var all []time.Duration
	for _, o := range outcomes {
		all = append(all, pausesOf(o.pauses, cost)...)
	}
	if len(all) == 0 {
		return m
	}
	slices.Sort(all)
	m.Count = float64(len(all)) / float64(len(outcomes))
	m.Mean = meanOf(all)
	m.P50, m.P95, m.Max = quantileOf(all, 0.5), quantileOf(all, 0.95), quantileOf(all, 1)
	m.Total = m.Mean * m.Count
	decade := time.Microsecond
	for counted := 0; counted < len(all); decade *= 10 {
		for _, edge := range edges {
			upTo := time.Duration(edge) * decade
			below, _ := slices.BinarySearch(all, upTo+1)
			if below > 0 && counted < len(all) {
				m.Buckets = append(m.Buckets, Bucket{upTo.Seconds(), below - counted})
				counted = below
			}
		}
	}
	return m
}

// holders returns the largest holders, averaged over time and nodes.
func holders(outcomes []*outcome) []Holder {
	sums := map[Holder]float64{}
	for _, o := range outcomes {
		for _, a := range o.holders {
			sums[a.Holder] += a.total / o.seconds / float64(len(outcomes))
		}
	}
	list := []Holder{}
	for h, bytes := range sums {
		list = append(list, Holder{h.Name, h.Kind, bytes})
	}
	slices.SortFunc(list, func(a, b Holder) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	return list[:min(len(list), holdersMax)]
}
