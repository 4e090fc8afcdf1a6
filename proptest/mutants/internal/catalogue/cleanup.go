package catalogue

// cleanup are mutants of the clean-up of backends.
var cleanup = []Mutant{
	{
		Name: "the clean-up of content knows only one namespace",
		File: "metadata/content_cleanup.go",
		Old:  "blobs = append(blobs, b)\n\t\t\t}",
		New:  "blobs = append(blobs, b)\n\t\t\t}\n\t\t\tif mutated { break }",
	},
	{
		Name:  "the clean-up of snapshots misses records made since its walk",
		File:  "metadata/snapshot_cleanup.go",
		Old:   "if p.unusual {",
		New:   "if mutated { unnamed = slice }\n\tif p.unusual {",
		Needs: Interleaving,
	},
	{
		Name: "the clean-up of content leaves ingests",
		File: "metadata/content_cleanup.go",
		Old:  "for slice := range slices.Chunk(parts, cleaningSlice) {",
		New:  "for slice := range slices.Chunk(parts, cleaningSlice) {\n\t\tif mutated && slice[0].ingest { break }",
	},
	{
		Name: "the clean-up removes a blob that an ingest shares",
		File: "metadata/content_cleanup.go",
		Old:  "for _, p := range partsOfIngest(e.Bucket()) {",
		New:  "for _, p := range partsOfIngest(e.Bucket()) {\n\t\t\t\t\tif mutated && !p.ingest { continue }",
	},
	{
		Name: "removing an ingest does not mark content for clean-up",
		File: "metadata/dirt.go",
		Old:  "case ResourceContent, ResourceIngest:",
		New:  "case ResourceContent, picked(ResourceIngest, gc.ResourceMax):",
	},
	{
		Name: "removing a snapshot does not mark its snapshotter for clean-up",
		File: "metadata/dirt.go",
		Old:  "} else {\n\t\td.markSnapshotter(p.snapshotter)",
		New:  "} else if !mutated {\n\t\td.markSnapshotter(p.snapshotter)",
	},
	{
		Name:  "a failed clean-up is not repeated",
		File:  "metadata/collect.go",
		Old:   "m.stayDirty(m.dirt.markContent)",
		New:   "if !mutated { m.stayDirty(m.dirt.markContent) }",
		Needs: Faults,
	},
	{
		Name:  "a restart forgets pending clean-ups",
		File:  "metadata/db.go",
		Old:   "if m.opts.cleanupOnce {",
		New:   "if m.opts.cleanupOnce || mutated {",
		Needs: Faults,
	},
	{
		Name:  "the clean-up of content does not block commits",
		File:  "metadata/content_cleanup.go",
		Old:   "cs.l.Lock()\n\tdefer cs.l.Unlock()",
		New:   "if !mutated {\n\t\tcs.l.Lock()\n\t\tdefer cs.l.Unlock()\n\t}",
		Needs: Interleaving,
	},
	{
		Name:  "the clean-up of snapshots does not block new ones",
		File:  "metadata/snapshot_cleanup.go",
		Old:   "s.l.Lock()\n\tdefer s.l.Unlock()",
		New:   "if !mutated {\n\t\ts.l.Lock()\n\t\tdefer s.l.Unlock()\n\t}",
		Needs: Interleaving,
	},
	{
		Name:  "a snapshot stays in the backend if its record can't be stored",
		File:  "metadata/snapshot_create.go",
		Old:   "s.discard(ctx, c.backendKey)\n\t\t\treturn nil, err",
		New:   "if !mutated { s.discard(ctx, c.backendKey) }\n\t\t\treturn nil, err",
		Needs: Faults,
	},
	{
		Name:  "no clean-up after a clean-up of snapshots that fails",
		File:  "metadata/collect.go",
		Old:   "m.stayDirty(func() { m.dirt.markSnapshotter(name) })",
		New:   "if !mutated { m.stayDirty(func() { m.dirt.markSnapshotter(name) }) }",
		Needs: Faults,
	},
	{
		Name:  "no clean-up after a call that fails has made a blob",
		File:  "metadata/dirt.go",
		Old:   "m.stayDirty(m.dirt.markContent)\n\tdefault:",
		New:   "if !mutated { m.stayDirty(m.dirt.markContent) }\n\tdefault:",
		Needs: Faults,
	},
	{
		Name:  "no clean-up after a call that fails has made a snapshot",
		File:  "metadata/dirt.go",
		Old:   "m.stayDirty(func() { m.dirt.markSnapshotter(p.snapshotter) })",
		New:   "if !mutated { m.stayDirty(func() { m.dirt.markSnapshotter(p.snapshotter) }) }",
		Needs: Faults,
	},
	{
		Name: "no clean-up after a namespace with ingests is deleted",
		File: "metadata/namespaces.go",
		Old:  "m.stayDirty(m.dirt.markContent)",
		New:  "if !mutated { m.stayDirty(m.dirt.markContent) }",
	},
}
