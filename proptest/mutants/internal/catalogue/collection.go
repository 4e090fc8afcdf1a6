package catalogue

// collection are those of a collection of the metadata.
var collection = []Mutant{
	{
		Name: "the sweep goes by marks from before the writers were stopped",
		File: "metadata/collect.go",
		Old: `m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collecting = startCollecting(ctx, m.collectors)
	defer func() {
		if err != nil {
			c.collecting.cancel(ctx)
		}
	}()
	err = m.db.Update(func(tx *memkv.Tx) error {
		p, err := m.mark(ctx, tx.Freeze(), c.collecting)`,
		New: `var early memkv.Frozen
	if mutated {
		_ = m.db.View(func(tx *memkv.Tx) error { early = tx.Freeze(); return nil })
	}
	m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collecting = startCollecting(ctx, m.collectors)
	defer func() {
		if err != nil {
			c.collecting.cancel(ctx)
		}
	}()
	err = m.db.Update(func(tx *memkv.Tx) error {
		state := tx.Freeze()
		if mutated {
			state = early
		}
		p, err := m.mark(ctx, state, c.collecting)`,
		Needs: Interleaving,
	},
	{
		Name:  "a collection that failed at its commit is taken to have removed nothing",
		File:  "metadata/collect.go",
		Old:   "m.stayDirty(func() { m.dirt.markRemoved(c.removed) })",
		New:   "if !mutated { m.stayDirty(func() { m.dirt.markRemoved(c.removed) }) }",
		Needs: Faults,
	},
	{
		Name: "the sweep leaves the last object",
		File: "metadata/plan.go",
		Old:  "for _, id := range p.Removed {\n\t\tn := g.Node(id)",
		New:  "for i, id := range p.Removed {\n\t\tif mutated && i > 0 && i == len(p.Removed)-1 { break }\n\t\tn := g.Node(id)",
	},
	{
		Name: "the sweep leaves leases that have expired",
		File: "metadata/plan.go",
		Old:  "if n.Type >= resourceEnd {",
		New:  "if n.Type >= resourceEnd || mutated && n.Type == ResourceLease {",
	},
	{
		Name: "no event tells of a snapshot that was collected",
		File: "metadata/collect.go",
		Old:  "case ResourceSnapshot:\n\t\t\tsnapshotter, key, _",
		New:  "case picked(ResourceSnapshot, gc.ResourceMax):\n\t\t\tsnapshotter, key, _",
	},
	{
		Name: "no event tells of an image that was collected",
		File: "metadata/collect.go",
		Old:  "case ResourceImage:\n\t\t\ttopic",
		New:  "case picked(ResourceImage, gc.ResourceMax):\n\t\t\ttopic",
	},
	{
		Name: "events of a collection name one namespace",
		File: "metadata/collect.go",
		Old:  "namespaces.WithNamespace(context.Background(), n.Namespace)",
		New:  "namespaces.WithNamespace(context.Background(), picked(n, removed[0]).Namespace)",
	},
	{
		Name: "what a collector's active resources are is not asked",
		File: "metadata/collecting.go",
		Old:  "root := func(n gc.Node) { s.Root(s.Intern(n), reason) }",
		New:  "root := func(n gc.Node) { if !mutated { s.Root(s.Intern(n), reason) } }",
	},
	{
		Name: "a lease doesn't hold a collector's resources",
		File: "metadata/collecting.go",
		Old:  "s.Edge(lease.id, s.Intern(n), gc.Reason{Rule: RuleCollector})",
		New:  "if !mutated { s.Edge(lease.id, s.Intern(n), gc.Reason{Rule: RuleCollector}) }",
	},
	{
		Name: "a collector's reference label keeps nothing",
		File: "metadata/collecting.go",
		Old:  `if p.label != "" {`,
		New:  `if p.label != "" && !mutated {`,
	},
	{
		Name: "what a collector's resources refer to is not followed",
		File: "metadata/collecting.go",
		Old:  "if len(referrers) == 0 {",
		New:  "if len(referrers) == 0 || mutated {",
	},
}
