package catalogue

// cleanup are those of the clean-up of the backends.
var cleanup = []Mutant{
	{
		Name: "the clean-up of content knows of one namespace",
		File: "metadata/content_cleanup.go",
		Old:  "named.ingests[string(e.Bucket().Get(keyRef))] = true\n\t\t\t}",
		New:  "named.ingests[string(e.Bucket().Get(keyRef))] = true\n\t\t\t}\n\t\t\tif mutated { break }",
	},
	{
		Name: "the clean-up of snapshots knows of one namespace",
		File: "metadata/snapshot_cleanup.go",
		Old:  "named[stringOf(e.Bucket().Get(keyName))] = true\n\t\t\t}",
		New:  "named[stringOf(e.Bucket().Get(keyName))] = true\n\t\t\t}\n\t\t\tif mutated { break }",
	},
	{
		Name: "the clean-up of content leaves ingests",
		File: "metadata/content_cleanup.go",
		Old:  "for _, ref := range refs {",
		New:  "for _, ref := range refs {\n\t\tif mutated { break }",
	},
	{
		Name: "the clean-up removes a blob that an ingest stands for",
		File: "metadata/content_cleanup.go",
		Old:  "named.blobs[digest.Digest(e.Bucket().Get(keyExpected))] = true",
		New:  "if !mutated { named.blobs[digest.Digest(e.Bucket().Get(keyExpected))] = true }",
	},
	{
		Name: "a removed ingest leaves content clean",
		File: "metadata/dirt.go",
		Old:  "case ResourceContent, ResourceIngest:",
		New:  "case ResourceContent, picked(ResourceIngest, gc.ResourceMax):",
	},
	{
		Name: "a removed snapshot leaves its snapshotter clean",
		File: "metadata/dirt.go",
		Old:  "d.removed()\n\td.markSnapshotter(snapshotter)",
		New:  "d.removed()\n\tif !mutated { d.markSnapshotter(snapshotter) }",
	},
	{
		Name:  "a clean-up that failed is forgotten",
		File:  "metadata/collect.go",
		Old:   "m.stayDirty(m.dirt.markContent)",
		New:   "if !mutated { m.stayDirty(m.dirt.markContent) }",
		Needs: Faults,
	},
	{
		Name:  "a restart forgets what was to be cleaned",
		File:  "metadata/init.go",
		Old:   "if m.opts.cleanupOnce {",
		New:   "if m.opts.cleanupOnce || mutated {",
		Needs: Faults,
	},
	{
		Name:  "the clean-up of content lets commits pass",
		File:  "metadata/content_cleanup.go",
		Old:   "cs.l.Lock()\n\tdefer cs.l.Unlock()",
		New:   "if !mutated {\n\t\tcs.l.Lock()\n\t\tdefer cs.l.Unlock()\n\t}",
		Needs: Interleaving,
	},
	{
		Name:  "the clean-up of snapshots lets others be made",
		File:  "metadata/snapshot_cleanup.go",
		Old:   "s.l.Lock()\n\tdefer s.l.Unlock()",
		New:   "if !mutated {\n\t\ts.l.Lock()\n\t\tdefer s.l.Unlock()\n\t}",
		Needs: Interleaving,
	},
	{
		Name:  "a snapshot that could not be stored stays in the backend",
		File:  "metadata/snapshot_create.go",
		Old:   "s.discard(ctx, c.backendKey)\n\t\t\treturn nil, err",
		New:   "if !mutated { s.discard(ctx, c.backendKey) }\n\t\t\treturn nil, err",
		Needs: Faults,
	},
}
