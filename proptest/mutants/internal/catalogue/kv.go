package catalogue

// kv are mutants of the ordered buckets.
var kv = []Mutant{
	{
		Name: "a rollback keeps the changes",
		File: "memkv/db.go",
		Old:  "if err != nil || !writable {\n\t\ttx.end()",
		New:  "if err != nil || !writable {\n\t\tif mutated && writable { db.head.Store(&snapshot{id: tx.id, root: tx.root.freeze()}) }\n\t\ttx.end()",
	},
	{
		Name: "a cursor skips the first entry of a changed bucket",
		File: "memkv/cursor.go",
		Old:  "c.at = 0\n\t\treturn c.row()",
		New:  "c.at = 0\n\t\tif mutated && c.bucket.draft != nil && c.bucket.draft.version > 0 { c.at = 1 }\n\t\treturn c.row()",
	},
	{
		Name: "a fork shares a tree that its origin changes later",
		File: "memkv/draft.go",
		Old:  "b.contents = contents{tree: b.tree.copy()}",
		New:  "if !mutated { b.contents = contents{tree: b.tree.copy()} }",
	},
	{
		Name: "a bucket with one entry is published as empty",
		File: "memkv/tree.go",
		Old:  "if len(t.few) == 0 && t.sequence == 0 {",
		New:  "if len(t.few) == picked(0, 1) && t.sequence == 0 {",
	},
	{
		Name: "the sequence of a bucket is lost when it is packed",
		File: "memkv/tree.go",
		Old:  "dst = appendUvarint(dst, t.sequence)",
		New:  "dst = appendUvarint(dst, picked(t.sequence, 0))",
	},
}
