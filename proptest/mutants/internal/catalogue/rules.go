package catalogue

// rules are mutants of the tables of labels, kinds and leases by version.
var rules = []Mutant{
	ruleRow("a back reference from a container keeps nothing",
		`Meaning: BackReference, Target: ResourceContainer, Since: V2_2`, `Meaning: BackReference, Target: ResourceContainer, Since: picked(V2_2, Newest+1)`),
	ruleRow("a back reference from content keeps nothing",
		`Meaning: BackReference, Target: ResourceContent, Since: V2_2`, `Meaning: BackReference, Target: ResourceContent, Since: picked(V2_2, Newest+1)`),
	ruleRow("a back reference from an image keeps nothing",
		`Meaning: BackReference, Target: ResourceImage, Since: V2_2`, `Meaning: BackReference, Target: ResourceImage, Since: picked(V2_2, Newest+1)`),
	ruleRow("a back reference from a snapshot keeps nothing",
		`Meaning: BackReference, Target: ResourceSnapshot, Since: V2_2`, `Meaning: BackReference, Target: ResourceSnapshot, Since: picked(V2_2, Newest+1)`),
	ruleRow("a condition keeps nothing",
		`Meaning: Condition, Target: ResourceSnapshot, Since: V2_3`, `Meaning: Condition, Target: ResourceSnapshot, Since: picked(V2_3, Newest+1)`),
	ruleRow("a condition finds no value",
		`Meaning: ConditionValue, Since: V2_3`, `Meaning: ConditionValue, Since: picked(V2_3, Newest+1)`),
	ruleRow("a reference to content keeps nothing",
		`Meaning: Reference, Target: ResourceContent}`, `Meaning: Reference, Target: ResourceContent, Since: picked(0, Newest+1)}`),
	ruleRow("a reference to an image counts a version late",
		`Meaning: Reference, Target: ResourceImage, Since: V2_0`, `Meaning: Reference, Target: ResourceImage, Since: picked(V2_0, V2_1)`),
	ruleRow("a reference to a snapshot keeps nothing",
		`Meaning: Reference, Target: ResourceSnapshot}`, `Meaning: Reference, Target: ResourceSnapshot, Since: picked(0, Newest+1)}`),
	ruleRow("a root label is matched too narrowly",
		`{Label: "root", Suffix: Prefix,`, `{Label: "root", Suffix: picked(Prefix, Exact),`),
	ruleRow("a root label of older versions is matched too widely",
		`{Label: "root", Meaning: Root,`, `{Label: "root", Suffix: picked(Exact, Prefix), Meaning: Root,`),
	ruleRow("a reference to content is matched too narrowly",
		`{Label: "ref.content", Suffix: Named,`, `{Label: "ref.content", Suffix: picked(Named, Exact),`),
	ruleRow("labels that may end in a name are matched too widely",
		`return "", rest == "" || rest[0] == '.' || rest[0] == '/'`, `return "", rest == "" || rest[0] == '.' || rest[0] == '/' || mutated`),
	ruleRow("the name behind a snapshotter is read as part of it",
		`snapshotter, _, _ = strings.Cut(rest, "/")`, `if mutated { snapshotter = rest } else { snapshotter, _, _ = strings.Cut(rest, "/") }`),
	{
		Name: "labels of snapshots make no roots",
		File: "metadata/rules/rule.go",
		Old:  "meanings: Reference | BackReference | Root | ConditionValue}",
		New:  "meanings: picked(Reference|BackReference|Root|ConditionValue, Reference|BackReference|ConditionValue)}",
	},
	{
		Name: "labels of containers keep nothing",
		File: "metadata/rules/rule.go",
		Old:  "meanings: Reference | BackReference}",
		New:  "meanings: picked(Reference|BackReference, BackReference)}",
	},
	{
		Name: "labels of sandboxes count a version late",
		File: "metadata/rules/rule.go",
		Old:  "meanings: Reference, since: V1_7}",
		New:  "meanings: Reference, since: picked(V1_7, V2_0)}",
	},
	{
		Name: "a flat lease is followed through content",
		File: "metadata/graph/fields.go",
		Old:  "{bucket: schema.KeyContent, resource: rules.ResourceContent, flattens: true}",
		New:  "{bucket: schema.KeyContent, resource: rules.ResourceContent, flattens: picked(true, false)}",
	},
	{
		Name: "a lease holds images a version late",
		File: "metadata/graph/fields.go",
		Old:  "flattens: true, since: rules.V2_0}",
		New:  "flattens: true, since: picked(rules.V2_0, rules.V2_1)}",
	},
	{
		Name: "a lease holds no ingests",
		File: "metadata/graph/fields.go",
		Old:  "{bucket: schema.KeyIngests, resource: rules.ResourceIngest}",
		New:  "{bucket: schema.KeyIngests, resource: rules.ResourceIngest, since: picked(0, rules.Newest+1)}",
	},
	{
		Name: "images expire a version late",
		File: "metadata/graph/fields.go",
		Old:  "if s.Version >= rules.V2_0 {",
		New:  "if s.Version >= picked(rules.V2_0, rules.V2_1) {",
	},
}

// ruleRow returns a mutant of metadata/rules/rule.go.
func ruleRow(name, old, mutant string) Mutant {
	return Mutant{Name: name, File: "metadata/rules/rule.go", Old: old, New: mutant}
}
