package catalogue

// answers are mutants of sizes, of events, of labels and of rare corners of the graph. Collections do not depend on
// these, so the tests of the packages that compute them must detect them.
var answers = []Mutant{
	{
		Name:  "the retained size overlooks back references from a flat visit",
		File:  "gc/retained.go",
		Old:   "for _, v := range []uint32{full, flat} {",
		New:   "for _, v := range []uint32{full, picked(flat, full)} {",
		Needs: OwnTests,
	},
	{
		Name:  "the last size of shared bytes counts",
		File:  "gc/shared.go",
		Old:   "max(s.weights[id], weight)",
		New:   "picked(max(s.weights[id], weight), weight)",
		Needs: OwnTests,
	},
	{
		Name:  "deleted holders keep shared bytes",
		File:  "gc/graph.go",
		Old:   "case g.isShared(w) || g.isReference(v, w):",
		New:   "case g.isShared(w) && !mutated || g.isReference(v, w):",
		Needs: OwnTests,
	},
	{
		Name:  "the size of a blob in its last namespace counts",
		File:  "metadata/graph/blobs.go",
		Old:   "size = max(size, list[n].size)",
		New:   "size = picked(max(size, list[n].size), list[n].size)",
		Needs: OwnTests,
		Tests: "metadata/examine",
	},
	{
		Name:  "a label that an update of a namespace removes stays",
		File:  "sim/study/recorded/interpret.go",
		Old:   `all[key] = "" // which deletes it`,
		New:   `if !mutated { all[key] = "" }`,
		Needs: OwnTests,
	},
	{
		Name:  "a backend's labels win over those of the record",
		File:  "metadata/snapshot.go",
		Old:   "maps.Copy(labels, r.Labels)",
		New:   "if !mutated { maps.Copy(labels, r.Labels) } else { for k, v := range r.Labels { if _, ok := labels[k]; !ok { labels[k] = v } } }",
		Needs: OwnTests,
	},
	{
		Name:  "a backend's labels do not complete those of the record",
		File:  "metadata/snapshot.go",
		Old:   "labels = maps.Clone(info.Labels)",
		New:   "labels = maps.Clone(picked(info.Labels, map[string]string{}))",
		Needs: OwnTests,
	},
	{
		Name:  "an adapted Collector loses its optional methods",
		File:  "metadata/collector_adapter.go",
		Old:   "return c, nil\n}",
		New:   "if mutated { return struct{ CollectionContext }{c}, nil }\n\treturn c, nil\n}",
		Needs: OwnTests,
	},
}
