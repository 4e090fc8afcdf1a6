package catalogue

// rules are mutants of the tables of labels, kinds and leases by version.
var rules = []Mutant{
	ruleRow("a back reference from a container keeps nothing",
		`meaning: referred, target: ResourceContainer, since: V2_2`, `meaning: referred, target: ResourceContainer, since: picked(V2_2, Newest+1)`),
	ruleRow("a back reference from content keeps nothing",
		`meaning: referred, target: ResourceContent, since: V2_2`, `meaning: referred, target: ResourceContent, since: picked(V2_2, Newest+1)`),
	ruleRow("a back reference from an image keeps nothing",
		`meaning: referred, target: ResourceImage, since: V2_2`, `meaning: referred, target: ResourceImage, since: picked(V2_2, Newest+1)`),
	ruleRow("a back reference from a snapshot keeps nothing",
		`meaning: referred, target: ResourceSnapshot, since: V2_2`, `meaning: referred, target: ResourceSnapshot, since: picked(V2_2, Newest+1)`),
	ruleRow("a condition keeps nothing",
		`meaning: conditional, target: ResourceSnapshot, since: V2_3`, `meaning: conditional, target: ResourceSnapshot, since: picked(V2_3, Newest+1)`),
	ruleRow("a condition finds no value",
		`meaning: conditionValue, since: V2_3`, `meaning: conditionValue, since: picked(V2_3, Newest+1)`),
	ruleRow("a reference to content keeps nothing",
		`meaning: refers, target: ResourceContent}`, `meaning: refers, target: ResourceContent, since: picked(0, Newest+1)}`),
	ruleRow("a reference to an image counts a version late",
		`meaning: refers, target: ResourceImage, since: V2_0`, `meaning: refers, target: ResourceImage, since: picked(V2_0, V2_1)`),
	ruleRow("a reference to a snapshot keeps nothing",
		`meaning: refers, target: ResourceSnapshot}`, `meaning: refers, target: ResourceSnapshot, since: picked(0, Newest+1)}`),
	ruleRow("a root label is matched too narrowly",
		`{label: "root", suffix: prefixed,`, `{label: "root", suffix: picked(prefixed, exact),`),
	ruleRow("a root label of older versions is matched too widely",
		`{label: "root", meaning: rooted,`, `{label: "root", suffix: picked(exact, prefixed), meaning: rooted,`),
	ruleRow("a reference to content is matched too narrowly",
		`{label: "ref.content", suffix: named,`, `{label: "ref.content", suffix: picked(named, exact),`),
	ruleRow("labels that may end in a name are matched too widely",
		`return "", rest == "" || rest[0] == '.' || rest[0] == '/'`, `return "", rest == "" || rest[0] == '.' || rest[0] == '/' || mutated`),
	ruleRow("the name behind a snapshotter is read as part of it",
		`snapshotter, _, _ = strings.Cut(rest, "/")`, `if mutated { snapshotter = rest } else { snapshotter, _, _ = strings.Cut(rest, "/") }`),
	{
		Name: "labels of snapshots make no roots",
		File: "metadata/kind.go",
		Old:  "obeys: refers | referred | rooted | conditionValue, scan: scanSnapshot",
		New:  "obeys: picked(refers|referred|rooted|conditionValue, refers|referred|conditionValue), scan: scanSnapshot",
	},
	{
		Name: "labels of containers keep nothing",
		File: "metadata/kind.go",
		Old:  "obeys: refers | referred, scan: scanContainer",
		New:  "obeys: picked(refers|referred, referred), scan: scanContainer",
	},
	{
		Name: "labels of sandboxes count a version late",
		File: "metadata/kind.go",
		Old:  "obeysSince: V1_7, scan: scanSandbox",
		New:  "obeysSince: picked(V1_7, V2_0), scan: scanSandbox",
	},
	{
		Name: "a flat lease is followed through content",
		File: "metadata/graph_fields.go",
		Old:  "{bucket: keyContent, resource: ResourceContent, flattens: true}",
		New:  "{bucket: keyContent, resource: ResourceContent, flattens: picked(true, false)}",
	},
	{
		Name: "a lease holds images a version late",
		File: "metadata/graph_fields.go",
		Old:  "flattens: true, since: V2_0}",
		New:  "flattens: true, since: picked(V2_0, V2_1)}",
	},
	{
		Name: "a lease holds no ingests",
		File: "metadata/graph_fields.go",
		Old:  "{bucket: keyIngests, resource: ResourceIngest}",
		New:  "{bucket: keyIngests, resource: ResourceIngest, since: picked(0, Newest+1)}",
	},
	{
		Name: "images expire a version late",
		File: "metadata/graph_fields.go",
		Old:  "if s.Version >= V2_0 {",
		New:  "if s.Version >= picked(V2_0, V2_1) {",
	},
}

// ruleRow returns a mutant of metadata/rule.go.
func ruleRow(name, old, mutant string) Mutant {
	return Mutant{Name: name, File: "metadata/rule.go", Old: old, New: mutant}
}
