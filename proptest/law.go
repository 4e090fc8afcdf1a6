package proptest

import (
	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A Law is a property that must hold for every history.
type Law struct {
	Name  LawName
	Why   string    // the reason for the law, in one or two sentences
	Needs []Promise // the law is checked only on systems that give all of these

	// stream selects the random cases, together with the seed. It is fixed, so that a law can be renamed and its cases
	// stay.
	stream uint64

	histories func(promises map[Promise]bool) gopter.Gen
	check     func(t *trial, h generate.History) *violation
	sorts     generate.Sort // of a law that is checked by the stateful machine; otherwise 0
}

// Laws returns all laws, in the order in which they are checked.
func Laws() []Law { return append([]Law(nil), laws...) }

// A LawName names a law in options, flags, reports and files.
type LawName string

// The laws.
const (
	ReachableStays         LawName = "reachable records stay"
	UnreachableGoes        LawName = "unreachable records go"
	AgreesUnderFaults      LawName = "results agree with the model under faults"
	AgreesWithModel        LawName = "results agree with the model"
	CrashLeavesSoundState  LawName = "a crash leaves a sound state"
	MadeMeanwhileStays     LawName = "records made during a collection stay"
	ConcurrentClients      LawName = "concurrent clients agree with the model"
	SecondCollection       LawName = "a second collection removes nothing"
	PlanEqualsCollection   LawName = "a plan equals the collection"
	CreationOrder          LawName = "the order of creation doesn't matter"
	AddedReference         LawName = "an added reference removes nothing"
	LeaseProtects          LawName = "a lease protects until its end"
	FlatLease              LawName = "a flat lease keeps only its resources"
	BackReferences         LawName = "back references equal forward references"
	NamespacesIndependent  LawName = "namespaces are independent"
	IsolatedContent        LawName = "isolated content is isolated"
	FailedCall             LawName = "a failed call changes nothing"
	DumpRoundTrip          LawName = "a dump survives a round trip"
	BoltFile               LawName = "a bolt file holds the whole state"
	ForksIndependent       LawName = "forks are independent"
	TransactionsEqualCalls LawName = "transactions equal single calls"
	EventsMatch            LawName = "events match the changes"
	ReadsShowRecords       LawName = "reads show the records"
	ExplanationsHold       LawName = "explanations follow the references"
	AnswersForetell        LawName = "answers foretell deletions"
	QuestionsShowState     LawName = "questions show the state"

	// NoOrphans has histories of its own. The model also finds it broken while other laws are checked.
	NoOrphans LawName = "backends keep no orphans"
)

var laws []Law

func init() {
	const calm = generate.Calm | generate.Time | generate.Isolate
	laws = []Law{
		{Name: ReachableStays, stream: 0xf4078062eeb02e30,
			Why:       "Collecting a blob or a layer that something still needs loses data.",
			histories: graphs(generate.Isolate | generate.Version), check: checkModel},
		{Name: UnreachableGoes, stream: 0xa0e7350797541e23,
			Why:       "Garbage that is never collected fills the disk.",
			Needs:     []Promise{Collects},
			histories: graphs(0), check: checkSwept},
		{Name: AgreesWithModel, stream: 0xb525b786de01a9dd,
			Why:   "A second, naive implementation predicts the result and the effect of every call, and shares no code with the first.",
			sorts: calm | generate.Rewind | generate.Cancel | generate.Version, check: checkModel},
		{Name: AgreesUnderFaults, stream: 0xdb065b865e079340,
			Why:   "Backend errors, delays, hangs and overlapping calls happen on every node.",
			Needs: []Promise{Faults},
			sorts: calm | generate.Rewind | generate.Cancel | generate.Version | generate.Fault | generate.Turn | generate.Crash, check: checkModel},
		{Name: CrashLeavesSoundState, stream: 0xe494012b013f38bc,
			Why:   "A daemon may die at any moment. After the restart, committed data is there and all laws hold.",
			Needs: []Promise{Crashes},
			sorts: calm | generate.Crash | generate.Fault, check: checkModel},
		{Name: MadeMeanwhileStays, stream: 0xfc5f4e27d2a77022,
			Why:       "Clients keep working during a collection and must find the records that they made.",
			Needs:     []Promise{Clock, Faults, Turns},
			histories: func(map[Promise]bool) gopter.Gen { return generate.MeanwhileHistories() }, check: checkModel},
		{Name: ConcurrentClients, stream: 0x604ebf2d7771599a,
			Why:       "Transactions, Collectors, overlapping calls, versions, faults and crashes occur together on real nodes.",
			Needs:     []Promise{Clock, Rewinds, Isolation, Versions, Transactions, Crashes, Faults, Turns},
			histories: func(map[Promise]bool) gopter.Gen { return generate.ClientHistories() }, check: checkClients},
		{Name: SecondCollection, stream: 0x649f178ffb6f8ea4,
			Why:       "If a second collection removes more, one of the two was wrong about reachability.",
			Needs:     []Promise{Collects},
			histories: ofSorts(calm), check: checkTwice},
		{Name: PlanEqualsCollection, stream: 0x273cf4dcab7df6ef,
			Why:   "Operators read a plan before they collect, and rely on it.",
			Needs: []Promise{Plans, Collects}, histories: mixed(calm | generate.Version), check: checkPlan},
		{Name: CreationOrder, stream: 0xb279069b899fc285,
			Why:       "Some clients create children before parents and some after. Only the final references decide.",
			Needs:     []Promise{Collects},
			histories: graphs(0), check: checkOrder},
		{Name: AddedReference, stream: 0x9e11d4f7270e9efa,
			Why:       "A reference can only protect its target.",
			Needs:     []Promise{Collects},
			histories: func(map[Promise]bool) gopter.Gen { return generate.ReferenceHistories() }, check: checkMonotone},
		{Name: LeaseProtects, stream: 0x6664bf4e1524a8d9,
			Why:       "A client that works under a lease must find its records until it deletes the lease or the lease expires.",
			Needs:     []Promise{Collects},
			histories: leased(calm), check: checkLease},
		{Name: FlatLease, stream: 0x10c2de4de74eb0af,
			Why:       "The holder of a flat lease lists every resource to keep. References from their labels do not count.",
			Needs:     []Promise{Collects},
			histories: func(map[Promise]bool) gopter.Gen { return generate.FlatHistories() }, check: checkFlat},
		{Name: BackReferences, stream: 0x8cbbe2b8091eb8aa,
			Why:       "A label on the parent that names the child, and a label on the child that names the parent, mean the same.",
			Needs:     []Promise{Collects},
			histories: graphs(0), check: checkBackReferences},
		{Name: NamespacesIndependent, stream: 0xee3259239f391f23,
			Why:       "A tenant of a node must not see, keep or remove another tenant's records.",
			histories: comparable(calm), check: checkNamespaces},
		{Name: IsolatedContent, stream: 0x2733708066707734,
			Why:   "With the isolated policy, a namespace must upload the bytes of a blob to have it.",
			Needs: []Promise{Isolation}, histories: ofSorts(calm), check: checkIsolated},
		{Name: FailedCall, stream: 0xd4e05c29fe75c55b,
			Why:       "A caller that got an error must be able to retry from the same state.",
			histories: ofSorts(calm | generate.Cancel), check: checkAtomic},
		{Name: DumpRoundTrip, stream: 0xdc8e7d5c35ea09e5,
			Why:   "A copy of a database must equal the database.",
			Needs: []Promise{Saves}, histories: mixed(calm), check: checkDump},
		{Name: BoltFile, stream: 0x43d56af76b07a105,
			Why:   "Tools read a node's file, and a node that starts from the file must collect the same objects.",
			Needs: []Promise{Saves, Collects}, histories: mixed(calm), check: checkBoltFile},
		{Name: ForksIndependent, stream: 0xc041b75a5366da22,
			Why:   "An experiment on a fork must not change the original, and must have the same result there.",
			Needs: []Promise{Forks}, histories: comparableOrGraphs(calm), check: checkFork},
		{Name: TransactionsEqualCalls, stream: 0xe6f31062765830cb,
			Why:   "Calls in one transaction have the same effect as separate calls, and none if the transaction is rolled back.",
			Needs: []Promise{Transactions}, histories: comparable(calm), check: checkSplit},
		{Name: EventsMatch, stream: 0x870757dfc5ae8e35,
			Why:   "A client that follows events must see the same state as a client that lists records.",
			Needs: []Promise{Events, Collects}, histories: ofSorts(calm), check: checkEvents},
		{Name: ReadsShowRecords, stream: 0x5b0c5b9a2f6ad713,
			Why:       "A client acts on what it reads. A list is in the order of the names, and a caller may change a result.",
			histories: mixed(calm), check: checkReads},
		{Name: NoOrphans, stream: 0x8d1f5e60c2b7a943,
			Why:       "Data in a backend that no record names fills the disk, and no call can name it either. The next collection must remove it.",
			Needs:     []Promise{Collects},
			histories: leftovers(calm | generate.Fault | generate.Crash | generate.Transact | generate.Leak), check: checkOrphans},
		{Name: ExplanationsHold, stream: 0x3b9d1f70c2846ae5,
			Why:   "An operator acts on an explanation. Its chains must be the shortest chains of references that records state.",
			Needs: []Promise{Explains}, histories: mixed(calm | generate.Version), check: checkExplanations},
		{Name: AnswersForetell, stream: 0x62e8a4d9175bc03f,
			Why:       "An operator deletes a holder to free the bytes that an accounting, a plan or an explanation attributes to it.",
			Needs:     []Promise{Explains, Plans, Forks, Collects},
			histories: mixed(calm | generate.Version), check: checkFreed},
		{Name: QuestionsShowState, stream: 0x91c5e7302da84b6f,
			Why:   "An operator or a test that asks a node must get the state that the node has.",
			Needs: []Promise{Explains}, histories: mixed(calm), check: checkQuestions},
	}
}

// ofSorts generates histories with the sorts of Ops that the system's promises allow.
func ofSorts(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen { return generate.Histories(allowed(sorts, promises)) }
}

// comparable is ofSorts for laws that compare several systems. It leaves out the clock unless each system has its own.
func comparable(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		if !promises[OwnClock] {
			sorts &^= generate.Time
		}
		return ofSorts(sorts)(promises)
	}
}

// comparableOrGraphs generates graphs, or histories as comparable does.
func comparableOrGraphs(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return oneOf(graphs(0)(promises), comparable(sorts)(promises))
	}
}

// graphs generates histories that make a reference graph.
func graphs(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen { return generate.GraphHistories(allowed(sorts, promises)) }
}

// mixed generates graphs, or histories of these sorts.
func mixed(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return oneOf(graphs(sorts)(promises), ofSorts(sorts)(promises))
	}
}

// leased generates histories of leases, or histories of these sorts.
func leased(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return oneOf(generate.LeaseHistories(allowed(sorts, promises)), ofSorts(sorts)(promises))
	}
}

// leftovers generates histories that leave data in backends.
func leftovers(sorts generate.Sort) func(map[Promise]bool) gopter.Gen {
	return func(promises map[Promise]bool) gopter.Gen {
		return generate.LeftoverHistories(allowed(sorts, promises))
	}
}

// oneOf draws from one of several generators.
func oneOf(some ...gopter.Gen) gopter.Gen {
	return func(p *gopter.GenParameters) *gopter.GenResult { return some[p.Rng.Intn(len(some))](p) }
}

// needed maps each sort of Ops to the promise that it needs.
var needed = map[generate.Sort]Promise{
	generate.Time: Clock, generate.Rewind: Rewinds, generate.Isolate: Isolation, generate.Version: Versions,
	generate.Fault: Faults, generate.Crash: Crashes, generate.Turn: Turns, generate.Transact: Transactions, generate.Leak: Tidies,
}

// allowed returns the sorts that the promises allow.
func allowed(sorts generate.Sort, promises map[Promise]bool) generate.Sort {
	for sort, promise := range needed {
		if !promises[promise] {
			sorts &^= sort
		}
	}
	return sorts
}

// absent returns the first promise that the law needs and the system does not give, or "".
func (l Law) absent(promises map[Promise]bool) Promise {
	for _, p := range l.Needs {
		if !promises[p] {
			return p
		}
	}
	return ""
}
