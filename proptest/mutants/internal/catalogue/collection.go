package catalogue

// collection are mutants of collections of the metadata.
var collection = []Mutant{
	{
		Name:  "the sweep uses marks from before the writers were stopped",
		File:  "metadata/collect_beside.go",
		Old:   "if _, err := m.catchUp(tx, sweep, now); err != nil {",
		New:   "if mutated {\n\t\t} else if _, err := m.catchUp(tx, sweep, now); err != nil {",
		Needs: Interleaving,
	},
	{
		Name:  "a collection that fails at its commit marks nothing for clean-up",
		File:  "metadata/collect_beside.go",
		Old:   "m.stayDirty(func() { m.dirt.markRemoved(sweep.Samples()) })",
		New:   "if !mutated { m.stayDirty(func() { m.dirt.markRemoved(sweep.Samples()) }) }",
		Needs: Faults,
	},
	{
		Name: "the sweep leaves the last object",
		File: "metadata/graph/sweep.go",
		Old:  "if n.Type >= rules.ResourceEnd || !chosen(i) {",
		New:  "if n.Type >= rules.ResourceEnd || !chosen(i) || mutated && i > 0 && i == len(nodes)-1 {",
	},
	{
		Name: "the sweep leaves expired leases",
		File: "metadata/graph/sweep.go",
		Old:  "if err := records.DeleteBucket([]byte(recordName(n))); err != nil {",
		New:  "if mutated && n.Type == rules.ResourceLease { continue }\n\t\tif err := records.DeleteBucket([]byte(recordName(n))); err != nil {",
	},
	{
		Name: "an object that has lost its support in the marking stays marked",
		File: "gc/tracker.go",
		Old:  "t.vertices[id].support = 0\n\tt.lost = append(t.lost, id)",
		New:  "if mutated { return }\n\tt.vertices[id].support = 0\n\tt.lost = append(t.lost, id)",
	},
	{
		Name: "an object that has lost its support finds no other",
		File: "gc/tracker.go",
		Old:  "if t.vertices[t.edges[e].from].support != 0 {",
		New:  "if t.vertices[t.edges[e].from].support != 0 && !mutated {",
	},
	{
		Name: "only the first object below a lost support is garbage",
		File: "gc/tracker.go",
		Old:  "t.vertices[to].support = 0\n\t\t\t\tsuspects = append(suspects, to)",
		New:  "t.vertices[to].support = 0\n\t\t\t\tif mutated { continue }\n\t\t\t\tsuspects = append(suspects, to)",
	},
	{
		Name: "a kept graph misses the expiries between two collections",
		File: "metadata/graph/live_update.go",
		Old:  "u.pass(l.now, now)",
		New:  "if !mutated { u.pass(l.now, now) }",
	},
	{
		Name: "a kept graph misses the first flat lease of a namespace",
		File: "metadata/graph/live_update.go",
		Old:  "if s.flat && !u.flat[n.Namespace] {",
		New:  "if s.flat && !u.flat[n.Namespace] && !mutated {",
	},
	{
		Name:  "an object that a writer saves during a collection is swept",
		File:  "metadata/graph/sweep.go",
		Old:   "s.spared[i] = !l.IsGarbage(n)",
		New:   "s.spared[i] = !l.IsGarbage(n) && !mutated",
		Needs: Interleaving,
	},
	{
		Name: "no event reports a collected snapshot",
		File: "metadata/collect.go",
		Old:  "case ResourceSnapshot:\n\t\t\tsnapshotter, key, _",
		New:  "case picked(ResourceSnapshot, gc.ResourceMax):\n\t\t\tsnapshotter, key, _",
	},
	{
		Name: "no event reports a collected image",
		File: "metadata/collect.go",
		Old:  "case ResourceImage:\n\t\t\ttopic",
		New:  "case picked(ResourceImage, gc.ResourceMax):\n\t\t\ttopic",
	},
	{
		Name: "all events of a collection name the same namespace",
		File: "metadata/collect.go",
		Old:  "namespaces.WithNamespace(context.Background(), n.Namespace)",
		New:  "namespaces.WithNamespace(context.Background(), picked(n, removed[0]).Namespace)",
	},
	{
		Name: "a Collector's active resources are ignored",
		File: "metadata/graph/live_consult.go",
		Old:  "root := func(n gc.Node) { t.Claim(owner, owner, intern(n)) }",
		New:  "root := func(n gc.Node) { if !mutated { t.Claim(owner, owner, intern(n)) } }",
	},
	{
		Name: "a lease doesn't hold a Collector's resources",
		File: "metadata/graph/live_consult.go",
		Old:  "func(n gc.Node) { t.Claim(owner, lease, intern(n)) }",
		New:  "func(n gc.Node) { if !mutated { t.Claim(owner, lease, intern(n)) } }",
	},
	{
		Name: "a Collector's reference label keeps nothing",
		File: "metadata/collector_contexts.go",
		Old:  `if label := collectors[t].ReferenceLabel(); label != "" {`,
		New:  `if label := collectors[t].ReferenceLabel(); label != "" && !mutated {`,
	},
	{
		Name: "references from a Collector's resources are ignored",
		File: "metadata/collector_contexts.go",
		Old:  "if len(referrers) == 0 {",
		New:  "if len(referrers) == 0 || mutated {",
	},
}
