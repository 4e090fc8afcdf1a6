package profile

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// A form is the notation of a kind of distributions in a file.
type form struct {
	name  string
	parse func(n *node, path string, unit Unit) (Distribution, error)
}

var forms = []form{
	{"value", parseValue},
	{"uniform", parseUniform},
	{"exponential", parseExponential},
	{"lognormal", parseLognormal},
	{"quantiles", parseQuantiles},
	{"shares", parseShares},
	{"zipf", parseZipf},
}

func distributions() (names []string) {
	for _, f := range forms {
		names = append(names, f.name)
	}
	return names
}

func parseValue(n *node, path string, unit Unit) (Distribution, error) {
	at := fields{path: path, line: n.line}
	if n.kind != scalar {
		return nil, at.errorf("is not a number")
	}
	x, err := unit.parse(n.text)
	if err != nil {
		return nil, at.errorf("%w", err)
	}
	return constant(x), nil
}

func parseUniform(n *node, path string, unit Unit) (Distribution, error) {
	list, err := numbers(n, path, unit)
	if err != nil {
		return nil, err
	}
	if len(list) != 2 || list[0] > list[1] {
		return nil, fields{path: path, line: n.line}.errorf("is not two numbers, the lower first")
	}
	return uniform{list[0], list[1]}, nil
}

func parseExponential(n *node, path string, unit Unit) (Distribution, error) {
	f, err := mapping(n, path, []string{"mean", "p50"})
	if err != nil {
		return nil, err
	}
	if len(f.order) != 1 {
		return nil, f.errorf("needs either mean or p50")
	}
	x, err := f.number(f.order[0], unit)
	if f.order[0] == "p50" {
		x /= math.Ln2
	}
	return exponential{x}, err
}

func parseLognormal(n *node, path string, unit Unit) (Distribution, error) {
	f, err := mapping(n, path, []string{"p50", "p90"})
	if err != nil {
		return nil, err
	}
	median, err := f.number("p50", unit)
	if err != nil {
		return nil, err
	}
	high, err := f.number("p90", unit)
	if err != nil {
		return nil, err
	}
	if median <= 0 || high < median {
		return nil, f.errorf("p90 is below p50, or p50 is 0")
	}
	return lognormal{median, log(high/median) / normal(0.9)}, nil
}

func parseQuantiles(n *node, path string, unit Unit) (Distribution, error) {
	f, err := mapping(n, path, nil)
	if err != nil {
		return nil, err
	}
	f.sort(Fraction)
	var t table
	for _, key := range f.order {
		u, err := Fraction.parse(key)
		if err != nil {
			return nil, f.errorf("%w", err)
		}
		x, err := f.number(key, unit)
		if err != nil {
			return nil, err
		}
		t = append(t, point{u, x})
	}
	if len(t) < 2 || t[0].u != 0 || t[len(t)-1].u != 1 {
		return nil, f.errorf("does not go from 0 to 1")
	}
	return t, t.check(f)
}

func parseShares(n *node, path string, unit Unit) (Distribution, error) {
	f, err := mapping(n, path, nil)
	if err != nil {
		return nil, err
	}
	from, err := f.number("from", unit)
	if err != nil {
		return nil, err
	}
	f.sort(unit)
	t := table{{0, from}}
	sum := 0.0
	for _, key := range f.order {
		if key == "from" {
			continue
		}
		x, err := unit.parse(key)
		if err != nil {
			return nil, f.errorf("%w", err)
		}
		share, err := f.number(key, Number)
		if err != nil {
			return nil, err
		}
		sum += share
		t = append(t, point{sum, x})
	}
	if !(sum > 0) || sum > math.MaxFloat64 {
		return nil, f.errorf("the shares sum up to %v", sum)
	}
	for i := range t {
		t[i].u /= sum
	}
	return t, t.check(f)
}

// sort orders keys by their values in a unit; keys without a value, such as "from", come first. Converters from YAML to
// JSON may change the order of keys: a JavaScript object lists the keys "0" and "1" before "0.5".
func (f fields) sort(unit Unit) {
	slices.SortStableFunc(f.order, func(a, b string) int {
		x, err := unit.parse(a)
		if err != nil {
			x = -1
		}
		y, err := unit.parse(b)
		if err != nil {
			y = -1
		}
		return cmp.Compare(x, y)
	})
}

// check reports points that do not ascend.
func (t table) check(f fields) error {
	for i := 1; i < len(t); i++ {
		if t[i].u <= t[i-1].u || t[i].x < t[i-1].x {
			return f.errorf("does not ascend at %s", f.order[i])
		}
	}
	return nil
}

// mostRanks is how many a zipf may have.
const mostRanks = 100_000

func parseZipf(n *node, path string, unit Unit) (Distribution, error) {
	f, err := mapping(n, path, []string{"exponent", "of"})
	if err != nil {
		return nil, err
	}
	if unit != Rank {
		return nil, f.errorf("is for ranks only")
	}
	exponent, err := f.number("exponent", Number)
	if err != nil {
		return nil, err
	}
	text, err := f.text("of")
	if err != nil {
		return nil, err
	}
	ranks, err := strconv.Atoi(text)
	if err != nil || ranks < 1 || ranks > mostRanks || exponent > 20 {
		return nil, f.errorf("needs an exponent from 0 to 20 and of from 1 to %d", mostRanks)
	}
	return newZipf(exponent, ranks), nil
}
