package catalogue

// questions are mutants of answers to questions. Collections do not depend on these.
var questions = []Mutant{
	{
		Name: "an explanation lists roots that lead elsewhere",
		File: "gc/why.go",
		Old:  "if !leads.has(int(r.vertex)) ||",
		New:  "if !leads.has(int(r.vertex)) && !mutated ||",
	},
	{
		Name: "an explanation counts a flat and a full visit twice",
		File: "gc/search.go",
		Old:  "return s.g.object(a) == s.g.object(b) && s.cost[a] == s.cost[b]",
		New:  "return s.g.object(a) == s.g.object(b) && s.cost[a] == s.cost[b] && !mutated",
	},
	{
		Name: "a holder shares the bytes that its record alone keeps",
		File: "gc/attribution.go",
		Old:  "return passHolder\n",
		New:  "return picked(passHolder, passSet)\n",
	},
	{
		Name: "a condition outlives the record with its value",
		File: "gc/graph.go",
		Old:  "return g.object(v) == id || g.object(w) == id",
		New:  "return g.object(v) == id || g.object(w) == id && !mutated",
	},
	{
		Name: "a set of holders forgets all but the last",
		File: "gc/attribution.go",
		Old:  "members = append(members, t.sets[p].Holders...)",
		New:  "members = append(picked(members, nil), t.sets[p].Holders...)",
	},
	{
		Name: "the next expiry is the last one",
		File: "engine/expiry.go",
		Old:  "t.Before(at)",
		New:  "t.Before(at) != mutated",
	},
	{
		Name: "a node on a file lacks its blobs",
		File: "engine/open.go",
		Old:  "m.content.Place(info)",
		New:  "if !mutated { m.content.Place(info) }",
	},
}

// answers are mutants of sizes, of events, of labels, of recordings and of copies of databases. Histories rarely or
// never reach them, so the tests of the packages that compute them, or that compare them with others, must detect them.
var answers = []Mutant{
	{
		Name:  "a recording lacks the leases of calls",
		File:  "engine/record.go",
		Old:   "h.Lease = &lease",
		New:   "if !mutated { h.Lease = &lease }",
		Needs: OwnTests,
		Tests: "proptest",
		Run:   "Recorder",
	},
	{
		Name:  "a limit of events keeps one more",
		File:  "engine/events.go",
		Old:   "return e.events[over:]",
		New:   "return e.events[picked(over, over-1):]",
		Needs: OwnTests,
		Tests: "proptest",
		Run:   "Environment",
	},
	{
		Name:  "a dump has no sequences",
		File:  "memkv/dump.go",
		Old:   "d.sequence(e.sequence())",
		New:   "d.sequence(picked(e.sequence(), 0))",
		Needs: OwnTests,
		Tests: "metadata/parity",
		Run:   "Databases",
	},
	{
		Name:  "the journal lacks the changes of nested buckets",
		File:  "memkv/journal.go",
		Old:   "for _, child := range d.open {",
		New:   "for _, child := range picked(d.open, nil) {",
		Needs: OwnTests,
		Tests: "metadata/parity",
		Run:   "Databases",
	},
	{
		Name:  "a hash does not depend on values",
		File:  "memkv/hash.go",
		Old:   "text = append(text, e.packed...)",
		New:   "text = append(text, picked(e.packed, \"\")...)",
		Needs: OwnTests,
		Tests: "metadata/parity",
		Run:   "Databases",
	},
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
