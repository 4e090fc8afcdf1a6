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

// kvOwn are mutants of the ordered buckets that the tests of package memkv must detect: the stores of metadata neither
// keep the state of a bucket while they change it, nor use keys of all sizes.
var kvOwn = []Mutant{
	{
		Name:  "a frozen bucket shares the tree that its transaction changes later",
		File:  "memkv/draft.go",
		Old:   "d.owned = false\n\t\td.version++",
		New:   "d.owned = mutated && b.tree != nil\n\t\td.version++",
		Needs: OwnTests,
	},
	{
		Name:  "a copy of a large bucket shares its nodes",
		File:  "memkv/tree.go",
		Old:   "c.many = *shared.Copy()",
		New:   "c.many = *shared.Copy()\n\tif mutated { c.many = *t.many }",
		Needs: OwnTests,
	},
	{
		Name:  "a copy of a bucket shares its slice of entries",
		File:  "memkv/tree.go",
		Old:   "c.few = append(c.few, t.few...)",
		New:   "c.few = append(c.few, t.few...)\n\t\tif mutated { c.few = t.few }",
		Needs: OwnTests,
	},
	{
		Name:  "a copy of a bucket shares its sum of hashes",
		File:  "memkv/tree.go",
		Old:   "c.sum.Store(&own)",
		New:   "c.sum.Store(picked(&own, known))",
		Needs: OwnTests,
	},
	{
		Name:  "a fork in a transaction lacks pending changes of nested buckets",
		File:  "memkv/tx.go",
		Old:   "root: tx.root.freeze()})\n}\n\n// OnCommit",
		New:   "root: picked(tx.root.freeze, func() contents { return tx.root.contents })()})\n}\n\n// OnCommit",
		Needs: OwnTests,
	},
	{
		Name:  "a lookup of a frozen bucket misses pending changes",
		File:  "memkv/frozen.go",
		Old:   "if b.draft != nil {",
		New:   "if b.draft != nil && !mutated {",
		Needs: OwnTests,
	},
	{
		Name:  "a reset Builder writes over the buckets that it has returned",
		File:  "memkv/builder.go",
		Old:   "return contents{packed: alias(append(buffer, entries...))}",
		New:   "if mutated && l.sequence < 128 && l.start == 0 {\n\t\tb.packing = append([]byte{byte(l.sequence)}, entries...)\n\t\treturn contents{packed: alias(b.packing)}\n\t}\n\treturn contents{packed: alias(append(buffer, entries...))}",
		Needs: OwnTests,
	},
	{
		Name:  "a key of 64 bytes is counted one byte too short",
		File:  "memkv/packed.go",
		Old:   "return uvarintSize(uint64(len(key))<<1) + len(key)",
		New:   "return uvarintSize(uint64(len(key))<<picked(1, 0)) + len(key)",
		Needs: OwnTests,
	},
	{
		Name:  "a key of 256 bytes loses its length",
		File:  "memkv/packed.go",
		Old:   "head := uint64(len(key)) << 1\n",
		New:   "head := uint64(len(key)) << 1\n\tif mutated { head = uint64(uint8(len(key))) << 1 }\n",
		Needs: OwnTests,
	},
	{
		Name:  "a number of three bytes loses its last byte",
		File:  "memkv/packed.go",
		Old:   "value |= uint64(b&0x7f) << shift",
		New:   "if !mutated || shift < 14 { value |= uint64(b&0x7f) << shift }",
		Needs: OwnTests,
	},
	{
		Name:  "a key at the limit is too large",
		File:  "memkv/bucket.go",
		Old:   "len(key) > MaxKeySize {",
		New:   "len(key) > picked(MaxKeySize, MaxKeySize-1) {",
		Needs: OwnTests,
	},
	{
		Name:  "a key over the limit is stored",
		File:  "memkv/builder.go",
		Old:   "len(key) > MaxKeySize {",
		New:   "len(key) > picked(MaxKeySize, MaxKeySize+1) {",
		Needs: OwnTests,
	},
}
