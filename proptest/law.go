package proptest

import (
	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A Law is something that holds of every history.
type Law struct {
	Name  string
	Why   string    // it should hold, in a sentence
	Needs []Promise // of those systems of which it is checked

	histories func(promises map[Promise]bool) gopter.Gen
	check     func(t *trial, h generate.History) *broken
	sorts     generate.Sort // of a law that is checked by the machine, instead of by histories
}

// Laws returns all laws, in the order in which they are checked.
func Laws() []Law { return append([]Law(nil), laws...) }

// The names of laws that are broken in more than one way.
const (
	lawModel   = "results agree with the model"
	lawKept    = "what is reachable stays"
	lawSwept   = "what is unreachable goes"
	lawAtomic  = "a failed call changes nothing"
	lawOrphans = "backends keep no orphans"
)

var laws []Law

func init() {
	const calm = generate.Calm | generate.Time | generate.Isolate
	laws = []Law{
		{Name: lawKept, Why: "A blob or a layer that something still needs is data loss when it goes.",
			histories: graphs(generate.Isolate | generate.Version), check: watchedToTheEnd},
		{Name: lawSwept, Why: "What nothing needs any more, and is never collected, fills the disk.",
			histories: graphs(0), check: checkSwept},
		{Name: lawModel, Why: "A second, naive implementation that shares no code says what every call comes to, and what it leaves.",
			sorts: calm | generate.Rewind | generate.Cancel | generate.Version, check: watchedToTheEnd},
		{Name: "results agree with the model whatever fails", Why: "Errors of backends, delays, hangs and calls that overlap are a node's everyday life.",
			Needs: []Promise{Faults, Turns},
			sorts: calm | generate.Rewind | generate.Cancel | generate.Version | generate.Fault | generate.Turn | generate.Crash, check: watchedToTheEnd},
		{Name: "a crash leaves a sound state", Why: "A daemon may die at any moment; what was committed is there when it starts again, and all laws hold from then on.",
			Needs: []Promise{Crashes},
			sorts: calm | generate.Crash | generate.Fault, check: watchedToTheEnd},
		{Name: "what is made meanwhile stays", Why: "Clients go on while garbage is collected, and find afterwards what they made.",
			Needs:     []Promise{Clock, Faults, Turns},
			histories: func(map[Promise]bool) gopter.Gen { return generate.MeanwhileHistories() }, check: watchedToTheEnd},
		{Name: "clients may do everything at once", Why: "Transactions, Collectors, overlapping calls, versions, faults and crashes meet on real nodes.",
			Needs:     []Promise{Clock, Rewinds, Isolation, Versions, Transactions, Crashes, Faults, Turns},
			histories: func(map[Promise]bool) gopter.Gen { return generate.ClientHistories() }, check: checkClients},
		{Name: "collecting twice removes nothing more", Why: "A collection that leaves something for the next one took it for reachable, and was wrong in one of the two.",
			histories: ofSorts(calm), check: checkTwice},
		{Name: "a plan is what the collection does", Why: "Whoever asks first what would go relies on the answer.",
			Needs: []Promise{Plans}, histories: mixed(calm | generate.Version), check: checkPlan},
		{Name: "the order of creation doesn't matter", Why: "Clients make children before parents or after; what is kept is a matter of what there is.",
			histories: graphs(0), check: checkOrder},
		{Name: "a reference more never removes more", Why: "To refer to something can only protect it.",
			histories: func(map[Promise]bool) gopter.Gen { return generate.ReferenceHistories() }, check: checkMonotone},
		{Name: "a lease protects until its end", Why: "A client that works under a lease must find what it made, from then until it lets go of the lease or the lease expires.",
			histories: leased(calm), check: checkLease},
		{Name: "flat means flat", Why: "A flat lease is for who lists everything that is to be kept; what the labels of that refer to is not.",
			histories: func(map[Promise]bool) gopter.Gen { return generate.FlatHistories() }, check: checkFlat},
		{Name: "back references equal forward ones", Why: "That a parent names its child and that the child names its parent say the same.",
			histories: graphs(0), check: checkBackReferences},
		{Name: "namespaces don't touch each other", Why: "Tenants of a node must not be able to see, keep or remove what is another's.",
			histories: besideOthers(calm), check: checkNamespaces},
		{Name: "isolated content is isolated", Why: "With that policy a namespace must bring the bytes of a blob to have it.",
			Needs: []Promise{Isolation}, histories: ofSorts(calm), check: checkIsolated},
		{Name: lawAtomic, Why: "A caller that got an error must be able to try again from where it was.",
			histories: ofSorts(calm | generate.Cancel), check: checkAtomic},
		{Name: "dump, load and dump are the identity", Why: "A copy of a database must be that database.",
			Needs: []Promise{Saves}, histories: mixed(calm), check: checkDump},
		{Name: "a bolt file says it all", Why: "What a tool reads of a node's file must be what the node has, and a node that starts from it must collect the same.",
			Needs: []Promise{Saves}, histories: mixed(calm), check: checkBoltFile},
		{Name: "forks are independent", Why: "What is tried on a copy must not show on the original, and must come to what it would come to there.",
			Needs: []Promise{Forks}, histories: besideOthersAndGraphs(calm), check: checkFork},
		{Name: "transactions don't matter", Why: "Calls in one transaction leave what the same calls leave in several, and nothing if it is rolled back.",
			Needs: []Promise{Transactions}, histories: besideOthers(calm), check: checkSplit},
		{Name: "events are what happened", Why: "Who follows the events has the same picture as who asks.",
			Needs: []Promise{Events}, histories: ofSorts(calm), check: checkEvents},
	}
}

// ofSorts are histories of those sorts that a system's promises allow.
func ofSorts(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen { return generate.Histories(allowed(sorts, promises)) }
}

// besideOthers is ofSorts for a law that compares several systems, whose times must be the same.
func besideOthers(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		if !promises[OwnClock] {
			sorts &^= generate.Time
		}
		return ofSorts(sorts)(promises)
	}
}

// besideOthersAndGraphs is besideOthers, and graphs.
func besideOthersAndGraphs(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return oneOf(graphs(0)(promises), besideOthers(sorts)(promises))
	}
}

// graphs are histories that make a graph.
func graphs(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen { return generate.GraphHistories(allowed(sorts, promises)) }
}

// mixed are graphs, and histories of some sorts.
func mixed(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return oneOf(graphs(sorts)(promises), ofSorts(sorts)(promises))
	}
}

// leased are histories of leases and of some sorts.
func leased(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return oneOf(generate.LeaseHistories(allowed(sorts, promises)), ofSorts(sorts)(promises))
	}
}

// oneOf draws from any of several generators.
func oneOf(some ...gopter.Gen) gopter.Gen {
	return func(p *gopter.GenParameters) *gopter.GenResult { return some[p.Rng.Intn(len(some))](p) }
}

// needed are the promises on which sorts of Ops rest.
var needed = map[generate.Sort]Promise{
	generate.Time: Clock, generate.Rewind: Rewinds, generate.Isolate: Isolation, generate.Version: Versions,
	generate.Fault: Faults, generate.Crash: Crashes, generate.Turn: Turns,
}

// allowed returns those of the sorts that a system's promises allow.
func allowed(sorts generate.Sort, promises map[Promise]bool) generate.Sort {
	for sort, promise := range needed {
		if !promises[promise] {
			sorts &^= sort
		}
	}
	return sorts
}

// absent returns the first of a law's needs that is not promised, or "".
func (l Law) absent(promises map[Promise]bool) Promise {
	for _, p := range l.Needs {
		if !promises[p] {
			return p
		}
	}
	return ""
}
