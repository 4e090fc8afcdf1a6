package catalogue

// collection are mutants of collections of the metadata.
var collection = []Mutant{
	{
		Name: "the sweep uses marks from before the writers were stopped",
		File: "metadata/collect.go",
		Old: `m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collectors = startCollectors(ctx, m.collectors)
	defer func() {
		if err != nil {
			c.collectors.cancel(ctx)
		}
	}()
	err = m.db.Update(func(tx *memkv.Tx) error {
		p, err := m.mark(ctx, tx.Freeze(), c.collectors)`,
		New: `var early memkv.Frozen
	if mutated {
		_ = m.db.View(func(tx *memkv.Tx) error { early = tx.Freeze(); return nil })
	}
	m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collectors = startCollectors(ctx, m.collectors)
	defer func() {
		if err != nil {
			c.collectors.cancel(ctx)
		}
	}()
	err = m.db.Update(func(tx *memkv.Tx) error {
		state := tx.Freeze()
		if mutated {
			state = early
		}
		p, err := m.mark(ctx, state, c.collectors)`,
		Needs: Interleaving,
	},
	{
		Name:  "a collection that fails at its commit marks nothing for clean-up",
		File:  "metadata/collect.go",
		Old:   "m.stayDirty(func() { m.dirt.markRemoved(c.removed) })",
		New:   "if !mutated { m.stayDirty(func() { m.dirt.markRemoved(c.removed) }) }",
		Needs: Faults,
	},
	{
		Name: "the sweep leaves the last object",
		File: "metadata/graph/plan.go",
		Old:  "for _, id := range p.Removed {\n\t\tn := g.Node(id)",
		New:  "for i, id := range p.Removed {\n\t\tif mutated && i > 0 && i == len(p.Removed)-1 { break }\n\t\tn := g.Node(id)",
	},
	{
		Name: "the sweep leaves expired leases",
		File: "metadata/graph/plan.go",
		Old:  "if n.Type >= rules.ResourceEnd {",
		New:  "if n.Type >= rules.ResourceEnd || mutated && n.Type == rules.ResourceLease {",
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
		File: "metadata/graph/collectors.go",
		Old:  "root := func(n gc.Node) { s.Root(s.Intern(n), reason) }",
		New:  "root := func(n gc.Node) { if !mutated { s.Root(s.Intern(n), reason) } }",
	},
	{
		Name: "a lease doesn't hold a Collector's resources",
		File: "metadata/graph/collectors.go",
		Old:  "s.Edge(lease.id, s.Intern(n), gc.Reason{Rule: RuleCollector})",
		New:  "if !mutated { s.Edge(lease.id, s.Intern(n), gc.Reason{Rule: RuleCollector}) }",
	},
	{
		Name: "a Collector's reference label keeps nothing",
		File: "metadata/collector_contexts.go",
		Old:  `if p.label != "" {`,
		New:  `if p.label != "" && !mutated {`,
	},
	{
		Name: "references from a Collector's resources are ignored",
		File: "metadata/collector_contexts.go",
		Old:  "if len(referrers) == 0 {",
		New:  "if len(referrers) == 0 || mutated {",
	},
}
