package memkv

// FrozenAt returns what the bucket at the end of a path of names holds, changes
// of this transaction included, and whether there is one. Unlike BucketAt it
// opens nothing on its way, so it is the cheaper way to look something up.
func (tx *Tx) FrozenAt(path ...string) (Frozen, bool) { return tx.root.FrozenAt(path...) }

// FrozenAt is Tx.FrozenAt for a path that starts in b; for an empty one it
// returns what b holds.
func (b *Bucket) FrozenAt(path ...string) (Frozen, bool) {
	b.tx.mustBeOpen()
	for i, name := range path {
		if b.draft != nil {
			if child := b.draft.opened(name); child != nil {
				b = child
				continue
			}
		}
		e, ok := b.find(name)
		if !ok || !e.bucket {
			return Frozen{}, false
		}
		return Frozen{e.contents}.BucketAt(path[i+1:]...)
	}
	return Frozen{b.freeze()}, true
}
