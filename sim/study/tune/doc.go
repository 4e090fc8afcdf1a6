// Package tune searches the parameters of policies for the setting that meets a goal at the least cost.
//
// A [Goal] has limits and one quantity to minimize: "disk<70%, refetch min". The settings are those of ranges, such as
// "kubelet:high=60..90,low=40..85" ([compare.Range]). The search simulates every setting on the same few nodes, keeps
// the best and the efficient ones, and simulates these on more nodes: successive halving with paired nodes. Then it
// simulates the neighbours of the best setting on all nodes, and moves to one that is better, until there is none. So
// the named setting is the best of its neighbourhood on all nodes. [Grid] simulates every setting on all nodes instead.
//
// A [Result] has the named setting, its limits and costs with confidence intervals, paired differences to the default
// and to each neighbour, and the Pareto front. It does not depend on the number of workers: one [Study] gives the same
// bytes everywhere.
package tune
