package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A Conclusion is the answer of a comparison in words: the first sentence of the page, and the facts behind it.
type Conclusion struct {
	Headline string
	Facts    []Fact
	Pick     string // name of the recommended policy; "" if none qualifies
}

// A Fact is an argument for or against a decision: "The default", and a sentence about it.
type Fact struct{ Lead, Text string }

// Conclude returns the answer of the page. Errors: a result that [HTML] rejects.
func Conclude(r *compare.Result) (Conclusion, error) {
	v, err := newView(r)
	if err != nil {
		return Conclusion{}, err
	}
	a := v.answer()
	c := Conclusion{Headline: a.Headline, Facts: a.Facts}
	if a.Pick != nil {
		c.Pick = a.Pick.Name
	}
	return c, nil
}

// An answer is the first part of the page.
type answer struct {
	Headline string
	Facts    []Fact
	Choices  []choice
	Pick     *contender // the recommended combination; nil if none qualifies
}

// A choice is an efficient combination and the arguments for it.
type choice struct {
	Label  string
	Policy *contender
}

// answer decides: see the package's documentation for how.
func (v *view) answer() answer {
	var real, fits []*contender
	for i := range v.policies {
		p := &v.policies[i]
		if p.Clairvoyant {
			continue
		}
		real = append(real, p)
		if !(p.full > 0) {
			fits = append(fits, p)
		}
	}
	var a answer
	switch front := paretoFront(fits); {
	case len(real) == 0:
		a = v.onlyClairvoyant()
	case len(fits) == 0:
		a = v.allFull(real)
	case len(real) == 1:
		a = v.alone(real[0])
	case allIdle(fits):
		a = v.idle(fits)
	case same(front):
		a = v.tie(front)
	case len(front) == 1:
		a = v.winner(front[0], fits)
	case v.Seeds >= compare.IntervalNodes && !v.anySure(front):
		a = v.tooClose(front)
	default:
		a = v.tradeOff(front)
	}
	if a.Pick != nil {
		a.Facts = append(a.Facts, v.besides(a.Pick)...)
	}
	if len(fits) > 0 && !allIdle(fits) {
		if idle, disk := idleOnes(fits); len(idle) > 0 {
			a.Facts = append(a.Facts, Fact{"Never acted", idleText(idle, disk)})
		}
	}
	if text := v.shorts(real); text != "" {
		a.Facts = append(a.Facts, Fact{"Freed too little", text})
	}
	if text := faults(v.Result); text != "" {
		a.Facts = append(a.Facts, Fact{"Injected faults", text})
	}
	if len(fits) > 0 && len(fits) < len(real) {
		a.Facts = append(a.Facts, v.ranFull(real))
	}
	return a
}

// shorts describes the policies that at times freed fewer bytes than they needed; "" for none.
func (v *view) shorts(real []*contender) string {
	var parts []string
	for _, p := range real {
		if s := p.Short; s != nil {
			text := fmt.Sprintf("%s wanted to free %s and freed %s", p.Name, show("bytes", float64(s.Need)), show("bytes", float64(s.Freed)))
			if s.Calls > 1 {
				text += fmt.Sprintf(" (the worst of %s on %s)", count(s.Calls, "call"), count(s.Nodes, "node"))
			}
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return list(parts) + "."
}

// faults describes the failures that the study injected; "" for a study without faults.
func faults(r *compare.Result) string {
	var parts []string
	for _, p := range r.Policies {
		f := p.Faults
		if f == nil || p.Clairvoyant {
			continue
		}
		var failed []string
		for _, one := range []struct {
			failed, of int
			what       string
		}{{f.Removals, f.OfRemovals, "removal"}, {f.Cleanups, f.OfCleanups, "snapshotter clean-up"}} {
			if one.of > 0 {
				failed = append(failed, digits(float64(one.failed), 0)+" of "+count(one.of, one.what))
			}
		}
		if len(failed) > 0 {
			parts = append(parts, "under "+p.Name+", "+list(failed)+" failed")
		}
	}
	switch {
	case r.Faults == compare.Faults{}:
		return ""
	case len(parts) == 0:
		return "No policy removed anything that could have failed."
	}
	text := strings.Join(parts, "; ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// allIdle reports whether there are policies that evict, and none of them evicted anything.
func allIdle(fits []*contender) bool {
	idle, _ := idleOnes(fits)
	return len(idle) > 0 && !slices.ContainsFunc(fits, func(p *contender) bool { return p.Idle == nil && p.find(evictions).Mean > 0 })
}

// idleOnes returns the policies that evicted nothing, and the largest disk on which all those with a mark evict; 0 if
// that is unknown.
func idleOnes(all []*contender) (idle []*contender, disk int64) {
	for _, p := range all {
		if p.Idle == nil {
			continue
		}
		idle = append(idle, p)
		if p.Idle.Disk > 0 && (disk == 0 || p.Idle.Disk < disk) {
			disk = p.Idle.Disk
		}
	}
	return idle, disk
}

func idleText(idle []*contender, disk int64) string {
	text := list(names(idle)) + " evicted nothing"
	if disk > 0 {
		return fmt.Sprintf("%s. The use of a disk of %s, for example, would reach the mark.", text, brief("bytes", float64(disk)))
	}
	return text + ": no image was old enough, or the disk never was full enough."
}

// idle is the answer if no policy had to act.
func (v *view) idle(fits []*contender) answer {
	idle, disk := idleOnes(fits)
	subject := "none of the policies evicted anything"
	if len(idle) == 1 && len(fits) == 1 {
		subject = idle[0].Name + " evicted nothing"
	}
	a := answer{Headline: fmt.Sprintf("This load does not tell: %s on a disk of %s.", subject, brief("bytes", float64(v.Disk)))}
	a.Facts = append(a.Facts, Fact{"Never acted", idleText(idle, disk)})
	if disk > 0 {
		a.Facts = append(a.Facts, Fact{"Recommendation", fmt.Sprintf("Compare on a disk of %s, or simulate more days.", brief("bytes", float64(disk)))})
	}
	return a
}

func (v *view) onlyClairvoyant() answer {
	a := answer{Headline: "There is nothing to choose from: only policies that know the future were compared, and no node can run those."}
	for i := range v.policies {
		p := &v.policies[i]
		a.Facts = append(a.Facts, Fact{p.Name, "would get by with " + both(p) + "."})
	}
	return a
}

func (v *view) allFull(real []*contender) answer {
	least := slices.MinFunc(real, func(a, b *contender) int { return cmp.Compare(a.full, b.full) })
	return answer{
		Headline: "None of these will do: the disk ran full under every combination.",
		Facts: []Fact{
			{"Closest", fmt.Sprintf("%s: %s in %s. Its other figures are void, since failed requests distort them.",
				least.Name, least.void(v.Seeds), v.span())},
			{"A larger disk", larger(v.Result)},
		},
	}
}

// larger names a disk on which some policy serves the load of a result under which all disks ran full.
func larger(r *compare.Result) string {
	size := func(bytes int64) string { return brief("bytes", float64(bytes)) }
	times := func(bytes int64) string {
		ratio := float64(bytes) / float64(r.Disk)
		return strings.TrimSuffix(digits(ratio, 1), ".0") + " times as large"
	}
	var text string
	switch l := r.Larger; {
	case l == nil:
		text = fmt.Sprintf("Use a larger disk than %s, or evict more, earlier.", size(r.Disk))
	case l.Disk > 0:
		text = fmt.Sprintf("On a disk of %s, %s, %s serves every request.", size(l.Disk), times(l.Disk), clean(l.Policy))
	default:
		text = fmt.Sprintf("Nor will any of them do on a disk of up to %s, %s.", size(l.Most), times(l.Most))
	}
	if r.LeastDisk > r.Disk {
		text += fmt.Sprintf(" No policy serves this load on less than %s: some request needs that, with all that is in use.", show("bytes", float64(r.LeastDisk)))
	}
	return text
}

func (v *view) alone(p *contender) answer {
	return answer{
		Headline: fmt.Sprintf("%s needs %s.", p.Name, both(p)),
		Facts:    []Fact{{"Compared with", "nothing: name a second policy for that."}},
		Choices:  []choice{{"The only one", p}},
		Pick:     p,
	}
}

// tie is the answer if several came to the very same.
func (v *view) tie(front []*contender) answer {
	return answer{
		Headline: fmt.Sprintf("It makes no difference: %s came to the same, %s.", list(names(front)), both(front[0])),
		Choices:  []choice{{"As good as any", front[0]}},
		Pick:     front[0],
	}
}

// winner is the answer if one beats all the others.
func (v *view) winner(best *contender, fits []*contender) answer {
	a := answer{Choices: []choice{{"Best by both", best}}, Pick: best}
	others := slices.DeleteFunc(slices.Clone(fits), func(p *contender) bool { return p == best })
	if len(others) == 0 {
		a.Headline = fmt.Sprintf("Take %s: it is the only one under which no disk ran full. It needs %s.", best.Name, both(best))
		a.Choices[0].Label = "The only combination that fits"
		return a
	}
	a.Headline = fmt.Sprintf("Take %s: no other needs less disk, and none pulls less again. It needs %s.", best.Name, both(best))
	next := slices.MinFunc(others, func(a, b *contender) int { return cmp.Compare(a.disk.mean, b.disk.mean) })
	a.Facts = append(a.Facts, Fact{"Next by disk", fmt.Sprintf("%s. %s", than(next, best), v.sureness(best, next))})
	return a
}

// tooClose is the answer if the efficient ones cannot be told apart.
func (v *view) tooClose(front []*contender) answer {
	a := answer{
		Headline: fmt.Sprintf("Too close to call: %s cannot be distinguished by disk or by bytes pulled again.", list(names(front))),
		Choices:  ends(front),
		Pick:     front[0],
	}
	for _, p := range front {
		a.Facts = append(a.Facts, Fact{p.Name, "needs " + both(p) + "."})
	}
	a.Facts = append(a.Facts, Fact{"How sure", "None of the differences is sure" + v.moreSeeds() + "."})
	return a
}

// tradeOff is the answer if less disk means more pulled again.
func (v *view) tradeOff(front []*contender) answer {
	least, fewest, middle := front[0], front[len(front)-1], compromise(front)
	if middle == least || middle == fewest {
		return answer{
			Headline: fmt.Sprintf("Disk or pulling again, not both: %s needs %s; %s needs %s.", least.Name, both(least), fewest.Name, both(fewest)),
			Facts:    []Fact{{"If disk is short", fmt.Sprintf("Against %s, %s. %s", fewest.Name, than(least, fewest), v.sureness(least, fewest))}},
			Choices:  ends(front),
			Pick:     least,
		}
	}
	return answer{
		Headline: fmt.Sprintf("Take %s: it is the best compromise, with %s.", middle.Name, both(middle)),
		Facts: []Fact{
			{"If disk is short", fmt.Sprintf("%s. %s", than(least, middle), v.sureness(least, middle))},
			{"If pulling hurts", fmt.Sprintf("%s. %s", than(fewest, middle), v.sureness(fewest, middle))},
		},
		Choices: slices.Insert(ends(front), 1, choice{"Best compromise", middle}),
		Pick:    middle,
	}
}

// besides returns more facts about a recommendation: the default, the bound, the policy that knows the future, pauses.
func (v *view) besides(pick *contender) []Fact {
	var facts []Fact
	switch p, who := v.standard(); {
	case p == nil:
	case p == pick:
		facts = append(facts, Fact{"The default", fmt.Sprintf("%s is the default of %s: nothing needs changing.", p.Name, who)})
	case p.full > 0:
		facts = append(facts, Fact{"The default", fmt.Sprintf("By default (%s), %s does not serve this load: %s.", p.Name, who, p.void(v.Seeds))})
	default:
		facts = append(facts, Fact{"The default", fmt.Sprintf("By default (%s), %s needs %s. Against that, %s. %s",
			p.Name, who, both(p), than(pick, p), v.sureness(pick, p))})
	}
	if m := pick.find(meanBytes); m.Least > 0 && finite(m.Least) && finite(m.Bound) {
		facts = append(facts, Fact{"The bound", fmt.Sprintf("No policy can serve this load with less than %s of disk on average. %s needs %s times that.",
			show("bytes", m.Least), pick.Name, digits(m.Bound, decimals(m.Bound)))})
	}
	if b := v.clairvoyant(); b != nil && !(b.full > 0) {
		facts = append(facts, Fact{"Foresight", distance(pick, b)})
	}
	if text := pauses(pick); text != "" {
		facts = append(facts, Fact{"Pauses", text})
	}
	return facts
}

// distance says how much better knowing the future would be.
func distance(p, future *contender) string {
	saved := 1 - future.disk.mean/p.disk.mean
	switch {
	case !finite(saved):
		return fmt.Sprintf("Knowing the future (%s), %s would do.", future.Name, both(future))
	case saved <= 0:
		return fmt.Sprintf("%s needs no more disk than the policy that knows the future (%s) and takes %s.", p.Name, future.Name, both(future))
	}
	return fmt.Sprintf("Knowing the future (%s), %s would do: %s less disk than %s.", future.Name, both(future), percent(saved), p.Name)
}

// pauses says how long writers stop under each cost model.
func pauses(p *contender) string {
	var parts []string
	for _, m := range p.PauseModels {
		if m.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s at most) by %s's cost model", show("seconds", m.P95), show("seconds", m.Max), m.Cost))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("Under %s, 95 %% of collections stop writers for less than %s.", p.Name, list(parts))
}

// ranFull names the combinations that are out of the question.
func (v *view) ranFull(real []*contender) Fact {
	var parts []string
	for _, p := range real {
		if p.full > 0 {
			parts = append(parts, fmt.Sprintf("%q (%s)", p.Name, strings.TrimPrefix(p.void(v.Seeds), "disk full ")))
		}
	}
	policies := "policy"
	if len(parts) > 1 {
		policies = "policies"
	}
	return Fact{"Out of the question", fmt.Sprintf("The disk ran full under the %s %s.", policies, list(parts))}
}

// sureness says which differences of two can be trusted.
func (v *view) sureness(a, b *contender) string {
	if v.Load.Kind == "trace" {
		return "How sure that is cannot be said from one recording."
	}
	if v.Seeds < compare.IntervalNodes {
		return fmt.Sprintf("How sure that is cannot be said from %s: simulate %d or more.", count(v.Seeds, "node"), compare.IntervalNodes)
	}
	disk, again := v.sure(a, b, meanBytes), v.sure(a, b, pulledAgain)
	switch {
	case disk && again:
		return "Both are sure, at 95 % confidence."
	case disk:
		return "The difference in disk is significant, that in bytes pulled again is not."
	case again:
		return "The difference in bytes pulled again is significant, that in disk is not."
	}
	return "Neither is sure" + v.moreSeeds() + "."
}

// sure reports whether two differ for sure by a metric: 0 is outside the 95 % confidence interval of the nodes'
// differences, or if the nodes are not known one by one, the two confidence intervals have nothing in common.
func (v *view) sure(a, b *contender, name string) bool {
	x, y := a.find(name), b.find(name)
	if d, ok := x.Difference(y); ok {
		return d.Sure()
	}
	return v.Seeds >= compare.IntervalNodes && (x.High < y.Low || y.High < x.Low)
}

func (v *view) moreSeeds() string {
	return fmt.Sprintf(" over %s; more may tell", count(v.Seeds, "node"))
}

// span is the time that each node was simulated for.
func (v *view) span() string { return brief("seconds", v.Days*86400) }

// both describes the costs of a combination.
func both(p *contender) string {
	return fmt.Sprintf("%s of disk on average and %s a day pulled again", show("bytes", p.disk.mean), show("bytes", p.again.mean))
}

// than compares the costs of a with those of b.
func than(a, b *contender) string {
	return fmt.Sprintf("%s needs %s disk and pulls %s again a day", a.Name, difference(a.disk.mean, b.disk.mean), difference(a.again.mean, b.again.mean))
}

// difference returns "5.1 GB (12 %) more".
func difference(a, b float64) string {
	d := a - b
	if !finite(d) {
		return "incomparably much"
	}
	if d == 0 || math.Abs(d) < 0.5 {
		return "no more"
	}
	word := "more"
	if d < 0 {
		word = "less"
	}
	if share := math.Abs(d / b); finite(share) && share < 2 {
		return fmt.Sprintf("%s (%s) %s", show("bytes", math.Abs(d)), percent(share), word)
	}
	return fmt.Sprintf("%s %s", show("bytes", math.Abs(d)), word)
}

// void returns the reason for which the figures of a policy are void.
func (p *contender) void(seeds int) string {
	if p.Void != "" {
		return p.Void
	}
	text := "disk full " + times(p.full)
	if seeds > 1 {
		text += " on each node"
	}
	return text
}

// times says how often something happened, on average.
func times(n float64) string {
	switch {
	case n == 1:
		return "once"
	case n < 1:
		return "less than once"
	}
	return strings.TrimSuffix(digits(n, min(1, decimals(n))), ".0") + " times"
}
