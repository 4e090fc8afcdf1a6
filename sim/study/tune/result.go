package tune

import "github.com/holdfast-gc/holdfast/sim/study/compare"

// A Result is the answer of a search. It is plain data: its JSON is the output of the command with --json.
type Result struct {
	Goal        string   `json:"goal"`
	Policies    []string `json:"policies"`              // as given, with ranges
	Settings    int      `json:"settings"`              // number of searched settings
	LeftOut     int      `json:"left_out"`              // points of the ranges that are no valid settings
	Notes       []string `json:"notes,omitempty"`       // on what was left out
	Search      string   `json:"search"`                // [Halving] or [Grid]
	Rounds      []Round  `json:"rounds"`                // in order; with an interruption, the last one may be incomplete
	Cut         bool     `json:"interrupted"`           // the search was stopped before its end
	Pick        *Choice  `json:"pick"`                  // the named setting; nil if every setting let requests fail
	Default     *Choice  `json:"default,omitempty"`     // the policy without parameters; of the first policy
	Clairvoyant *Choice  `json:"clairvoyant,omitempty"` // the policy that knows the future: a reference that no node can run

	// Ties are the other settings that meet the goal and whose minimized quantity does not differ for sure.
	Ties []string `json:"ties"`

	// Front are the settings of which no other is better by one of two quantities and no worse by the other: Axes[0],
	// by which they ascend, and Axes[1], the minimized one.
	Axes  [2]string `json:"axes"`
	Front []Choice  `json:"front"`

	// Others are the other settings of the last round under which no request failed.
	Others []Choice `json:"others"`

	// Least are lower bounds of the quantities of Axes: no policy that serves the same requests has less. 0 if no bound
	// above 0 is known.
	Least [2]float64 `json:"least"`

	// Sensitivity has one entry for each parameter and direction: the paired difference to the named setting if only
	// this parameter changes, by one value of its range.
	Sensitivity []Change `json:"sensitivity"`

	// Comparison has all figures of the settings that the last round measured.
	Comparison *compare.Result `json:"comparison"`
}

// A Round simulates settings on nodes.
type Round struct {
	Settings int `json:"settings"`
	Nodes    int `json:"nodes"` // of each
}

// A Figure is a mean over the nodes, or a mean of paired differences, with its 95 % confidence interval.
type Figure struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"` // Low and High equal Mean for fewer than compare.IntervalNodes nodes
	High float64 `json:"high"`
	Sure bool    `json:"sure"` // of a difference: 0 is outside of the interval
}

// A Choice is a setting with the figures of the goal.
type Choice struct {
	Name     string  `json:"name"` // as in Comparison
	Spec     string  `json:"spec"`
	Void     string  `json:"void,omitempty"` // as in [compare.Policy]: the figures are void
	Minimize Figure  `json:"minimize"`
	First    Figure  `json:"first"` // by Result.Axes[0]
	Limits   []Check `json:"limits"`
	Met      bool    `json:"met"` // all limits hold, and no request failed

	// Cost is nil for the named setting.
	Cost *Cost `json:"cost,omitempty"`
}

// A Cost is a paired difference to the named setting; above 0 is more than it.
type Cost struct {
	Minimize Figure `json:"minimize"`
	First    Figure `json:"first"`
}

// A Check is a limit of the goal under a setting.
type Check struct {
	Limit string  `json:"limit"` // "disk<70%"
	Most  float64 `json:"most"`  // in the quantity's unit
	Value Figure  `json:"value"`
	Met   bool    `json:"met"`  // the mean is at most the limit
	Sure  bool    `json:"sure"` // the interval is on one side of the limit
}

// A Change is a step of one parameter from the named setting.
type Change struct {
	Policy string  `json:"policy"` // "kubelet"
	Key    string  `json:"key"`    // "high"; "" for the first parameter
	From   string  `json:"from"`   // the value of the named setting
	To     string  `json:"to"`     // the next value of the range; "" at its end
	Up     bool    `json:"up"`
	Choice *Choice `json:"choice,omitempty"` // nil at the end of the range, or if the setting is not valid or not measured
	Reason string  `json:"reason,omitempty"` // for a nil Choice
}
