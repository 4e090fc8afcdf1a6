package catalogue

// graph are mutants of roots, edges and marking.
var graph = []Mutant{
	{
		Name: "an expired record is garbage a moment early",
		File: "metadata/graph/fields.go",
		Old:  "live := !s.Now.After(expiry)",
		New:  "live := !s.Now.After(expiry) && !(mutated && s.Now.Equal(expiry))",
	},
	{
		Name: "a malformed time of expiry counts as past",
		File: "metadata/graph/fields.go",
		Old:  "return s.until(o.id, expiry)\n\t\t}\n\t}",
		New:  "return s.until(o.id, expiry)\n\t\t} else if mutated {\n\t\t\treturn false\n\t\t}\n\t}",
	},
	{
		Name: "the flat label is ignored",
		File: "metadata/graph/fields.go",
		Old:  `flat := o.labels.Get("containerd.io/gc.flat") != nil`,
		New:  `flat := o.labels.Get("containerd.io/gc.flat") != nil && !mutated`,
	},
	{
		Name: "a flat lease holds an image without its target",
		File: "metadata/graph/fields.go",
		Old:  "if s.flat {\n\t\ts.Edge(s.Flat(from)",
		New:  "if s.flat && !mutated {\n\t\ts.Edge(s.Flat(from)",
	},
	{
		Name: "a snapshot doesn't keep its parent",
		File: "metadata/graph/fields.go",
		Old:  "if len(parent) == 0 {",
		New:  "if len(parent) == 0 || mutated {",
	},
	{
		Name: "an ingest doesn't keep the blob that it shares",
		File: "metadata/graph/fields.go",
		Old:  "len(expected) > 0 {",
		New:  "len(expected) > 0 && !mutated {",
	},
	{
		Name: "an ingest without a lease never expires",
		File: "metadata/graph/fields.go",
		Old:  "s.until(o.id, expiry)\n\t}\n\tif expected",
		New:  "s.until(o.id, expiry)\n\t\tif mutated { s.Root(o.id, gc.Reason{Rule: RuleRoot}) }\n\t}\n\tif expected",
	},
	{
		Name: "a container doesn't keep its snapshot",
		File: "metadata/graph/fields.go",
		Old:  "len(snapshotter) > 0 {",
		New:  "len(snapshotter) > 0 && !mutated {",
	},
	{
		Name: "a container keeps the image that it names",
		File: "metadata/graph/fields.go",
		Old:  "len(image) > 0 && s.Explain {",
		New:  "len(image) > 0 && mutated { s.Edge(o.id, s.intern(rules.ResourceImage, \"\", image), gc.Reason{}) } else if len(image) > 0 && s.Explain {",
	},
	{
		Name: "an expired lease still holds",
		File: "metadata/graph/fields.go",
		Old:  "if !live && !s.Explain {",
		New:  "if !live && mutated { s.Root(o.id, gc.Reason{Rule: RuleRoot}) } else if !live && !s.Explain {",
	},
	{
		Name: "only the first of several conditions counts",
		File: "metadata/rules/condition.go",
		Old:  "terms = append(terms, AgeTerm{term[i] == '<', age})",
		New:  "if !mutated || len(terms) == 0 { terms = append(terms, AgeTerm{term[i] == '<', age}) }",
	},
	{
		Name: "an age equal to the limit satisfies a condition",
		File: "metadata/rules/condition.go",
		Old:  "t.Younger && age < t.Age ||",
		New:  "t.Younger && (age < t.Age || mutated && age == t.Age) ||",
	},
	{
		Name: "conditions are inverted",
		File: "metadata/graph/live.go",
		Old:  "for _, used := range l.values[c.to] {",
		New:  "if mutated { c.Younger = !c.Younger }\n\t\tfor _, used := range l.values[c.to] {",
	},
	{
		Name: "a back reference is followed forward",
		File: "metadata/graph/mention.go",
		Old:  "s.BackEdge(s.ids[i], m.by, m.reason)",
		New:  "if mutated { s.Edge(m.by, s.ids[i], m.reason) } else { s.BackEdge(s.ids[i], m.by, m.reason) }",
	},
	{
		Name: "the last reference of a batch is dropped",
		File: "metadata/graph/mention.go",
		Old:  "for i, m := range s.mentions.from {",
		New:  "for i, m := range s.mentions.from {\n\t\tif mutated && i == batchSize-1 { continue }",
	},
	{
		Name: "marking stops after three steps",
		File: "gc/mark.go",
		Old:  "for e, end := g.edges.of(v); e < end; e++ {",
		New:  "for e, end := g.edges.of(v); e < end && !(mutated && len(pending) > 2); e++ {",
	},
	{
		Name: "the last edge of an object is ignored",
		File: "gc/edges.go",
		Old:  "return a.start[v], a.start[v+1]\n}\n\n// kind",
		New:  "if mutated && a.start[v+1] > a.start[v]+1 { return a.start[v], a.start[v+1] - 1 }\n\treturn a.start[v], a.start[v+1]\n}\n\n// kind",
	},
}
