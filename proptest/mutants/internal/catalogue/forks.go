package catalogue

// forks are mutants of the forks of nodes. The tests of package engine must detect them: histories of the property
// suite fork a node only to compare it once.
//
// A fork shares data that is never changed in place, and copies the rest. Each mutant shares a part that must be
// copied, or forgets a part.
var forks = []Mutant{
	ofFork("a fork shares the log of events", "engine/engine.go",
		"f.events, f.eventMax = slices.Clip(e.events), e.eventMax",
		"f.events, f.eventMax = picked(slices.Clip(e.events), e.events[:len(e.events):cap(e.events)]), e.eventMax"),
	ofFork("a fork shares the counts of faults", "engine/engine.go",
		"f.faults = slices.Clone(e.faults)", "f.faults = picked(slices.Clone(e.faults), e.faults)"),
	ofFork("a fork has a fresh random source", "engine/engine.go",
		"f.random.pcg = e.random.state()", "if !mutated { f.random.pcg = e.random.state() }"),
	ofFork("a fork shares the schedule", "engine/engine.go",
		"f.policy = e.policy.Clone()", "f.policy = picked(e.policy.Clone(), e.policy)"),
	ofFork("a fork shares Collectors", "engine/engine.go",
		"r.collector = c.Fork()", "if !mutated { r.collector = c.Fork() }"),
	ofFork("a fork shares the forks that Ops have made", "engine/engine.go",
		"f.daemon = e.daemon.fork(f)", "if mutated { f.forks = e.forks }\n\tf.daemon = e.daemon.fork(f)"),
	ofFork("a fork of a dead daemon is alive", "engine/daemon.go",
		"f.dead.Store(d.dead.Load())", "f.dead.Store(d.dead.Load() && !mutated)"),
	ofFork("a fork shares the open handles", "engine/daemon.go",
		"f.db = d.db.Fork(", "if mutated { f.open = d.open }\n\tf.db = d.db.Fork("),
	ofFork("a fork shares the marks of snapshotters to clean", "metadata/dirt.go",
		"maps.Clone(from.snapshotters)", "picked(maps.Clone(from.snapshotters), from.snapshotters)"),
	ofFork("a fork forgets the mark of content to clean", "metadata/dirt.go",
		"d.deletions, d.content, d.snapshotters = from.deletions, from.content,",
		"d.deletions, d.content, d.snapshotters = from.deletions, from.content && !mutated,"),
	ofFork("a fork shares the ingests of the content backend", "engine/backend/content.go",
		"ingests: s.ingests.Copy(),", "ingests: picked(s.ingests.Copy(), s.ingests),"),
	ofFork("a fork shares the snapshots of a backend", "engine/backend/snapshotter.go",
		"records: s.records.Copy(), lastID", "records: picked(s.records.Copy(), s.records), lastID"),
	ofFork("a fork continues an ingest in the same memory", "engine/backend/content.go",
		"s.line = new(line)\n", "if !mutated { s.line = new(line) }\n"),
	ofFork("a fork counts the content backend anew", "engine/backend/content.go",
		"size:    s.size,", "size:    picked(s.size, 0),"),
}

// ofFork returns a mutant of forks.
func ofFork(name, file, old, new string) Mutant {
	return Mutant{Name: name, File: file, Old: old, New: new, Needs: OwnTests, Tests: "engine", Run: "Fork"}
}
