package boltfile

import (
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A Scavenge searches the pages that the tree of a file does not use for old entries, and has the result. The caller
// sets Units and Fits, and passes it to [WithScavenge].
//
// A page has no path and no transaction. The path of an entry follows from an old page that refers to the page of the
// entry, up to an old root page. Such a reference can be older than the page. Where no reference is left, the path
// follows from Fits alone, and lacks names.
type Scavenge struct {
	// Units are the paths of the buckets to look for, from the root. "" stands for any name. For example
	// {"v1", "", "images", ""} finds the records of images. A unit is returned with all that it contains. A unit whose
	// path begins with "" is found only through an old root page; at least one path must begin with a name.
	Units [][]string

	// Fits reports whether content has the shape of a unit at path. Names of the path that are not known are "". Units
	// that do not fit are left out, so Fits should be strict.
	Fits func(path []string, content memkv.Frozen) bool

	Remnants []Remnant // the units found: those of known path first, then by page
	Omitted  int       // the number of further units
	Pages    int       // the number of unreferenced pages with elements
	Unplaced int       // the number of those pages of which nothing was found to belong to a unit

	// Ambiguous are pages to which no old page refers, and whose units fit at several paths. They are not among the
	// Remnants, nor counted as Unplaced. There are at most 1000.
	Ambiguous []Ambiguity

	// Stopped means that the search ended early because the file is built to make it long.
	Stopped bool
}

// An Ambiguity is a page whose place cannot be told by the shape of its units.
type Ambiguity struct {
	Page  uint64
	Paths [][]string // of the units, in each place where they fit; at most 100
}

// A Remnant is a unit found in an unreferenced page. It is possibly outdated.
type Remnant struct {
	Path    []string // "" for a name that is not known
	Content memkv.Frozen
	Page    uint64 // the page with the unit's entry, or its root page if its name is not known

	// Root is the old root page that leads to the unit, or the topmost page if names of Path are not known. TxID is the
	// transaction of the root if the other meta page names it, and 0 otherwise.
	Root, TxID uint64

	// Partial means that a page of the unit has been reused or is damaged.
	Partial bool
}

const (
	maxRemnants    = 100_000
	maxAmbiguous   = 1000
	maxAlternative = 100     // paths of an Ambiguity
	maxStaleDepth  = 64      // levels of pages and buckets
	maxStaleName   = 4096    // bytes
	maxStalePlaces = 4       // paths at which a page is read
	maxStaleLoads  = 16      // times that a page is read as a part of units
	trialPages     = 16      // pages read to test one path
	trialFree      = 4 << 20 // bytes read to test paths: trialFree plus trialRatio times the size of the file
	trialRatio     = 64
)

// WithScavenge also searches the unreferenced pages, and stores the result in s. The file must be at rest: a writer
// overwrites free pages at any time.
func WithScavenge(s *Scavenge) ReadOption {
	return func(o *readOptions) { o.scavenge = s }
}

// A stalePath is a path of names, interned so that equal paths are the same pointer.
type stalePath struct {
	parent *stalePath
	name   string
	below  map[string]*stalePath
	depth  int
}

func (p *stalePath) at(name string) *stalePath {
	next := p.below[name]
	if next == nil {
		next = &stalePath{parent: p, name: name, depth: p.depth + 1}
		if p.below == nil {
			p.below = map[string]*stalePath{}
		}
		p.below[name] = next
	}
	return next
}

func (p *stalePath) follow(names []string) *stalePath {
	for _, name := range names {
		p = p.at(name)
	}
	return p
}

func (p *stalePath) names() []string {
	list := make([]string, p.depth)
	for ; p.parent != nil; p = p.parent {
		list[p.depth-1] = p.name
	}
	return list
}

// matches reports whether the path is that of a unit, or leads to units.
func (s *Scavenge) matches(p *stalePath) (unit, prefix bool) {
	names := p.names()
	for _, pattern := range s.Units {
		if len(pattern) < len(names) {
			continue
		}
		same := true
		for i, name := range names {
			same = same && (pattern[i] == "" || pattern[i] == name)
		}
		unit, prefix = unit || same && len(pattern) == len(names), prefix || same && len(pattern) > len(names)
	}
	return unit, prefix
}

// A visit is the reading of a page as a part of the bucket at a path.
type visit struct {
	page uint64
	path *stalePath
}

// A scavenger reads the unreferenced pages of a file.
//
// Invariants: each visit happens once. No page is read at more than maxStalePlaces paths, and in more than
// maxStaleLoads units. So the work is bounded by the size of the file.
type scavenger struct {
	*Scavenge
	pages *bolt.Unreferenced
	root  *stalePath

	visited map[visit]bool
	places  map[uint64]int  // paths at which a page was read
	loads   map[uint64]int  // units for which a page was read
	used    map[uint64]bool // pages that are a part of a unit that fits

	ambiguous map[uint64]bool // pages that fit at several paths, and those below them

	fits    int    // units that fit
	misfits int    // units that do not
	keep    bool   // the units that fit
	limit   int    // of reads; 0 is unlimited
	reads   int    // pages
	bytes   int64  // in these pages
	from    uint64 // Remnant.Root of the units
	txid    uint64
}

// scavenge searches f, and leaves the caller's part of s as it is.
func scavenge(f *bolt.File, s *Scavenge) error {
	*s = Scavenge{Units: s.Units, Fits: s.Fits}
	pages, err := f.Unreferenced()
	if err != nil {
		return err
	}
	w := newScavenger(s, pages)
	w.keep = true
	if root, txid, ok := pages.Other(); ok {
		w.from, w.txid = root, txid
		w.page(root, w.root, nil, 0)
	}
	w.txid = 0
	heads := slices.Collect(pages.All())
	s.Pages = len(heads)
	for _, id := range heads {
		if w.places[id] == 0 && w.isRoot(id) {
			w.from = id
			w.page(id, w.root, nil, 0)
		}
	}
	w.guess(heads, trialFree+trialRatio*f.Info().Size)
	placed := func(id uint64) bool { return w.places[id] > 0 || w.used[id] }
	s.Ambiguous = slices.DeleteFunc(s.Ambiguous, func(a Ambiguity) bool { return placed(a.Page) })
	for _, id := range heads {
		if !placed(id) && !w.ambiguous[id] {
			s.Unplaced++
		}
	}
	return pages.Changed()
}

func newScavenger(s *Scavenge, pages *bolt.Unreferenced) *scavenger {
	return &scavenger{Scavenge: s, pages: pages, root: &stalePath{},
		visited: map[visit]bool{}, places: map[uint64]int{}, loads: map[uint64]int{}, used: map[uint64]bool{},
		ambiguous: map[uint64]bool{}}
}

// isRoot reports whether a page looks like a leaf of the root bucket: it has a bucket with which paths of units begin.
func (w *scavenger) isRoot(id uint64) bool {
	p, _ := w.pages.Page(id)
	return !p.Branch && slices.ContainsFunc(p.Elements, func(e bolt.StaleElement) bool {
		return e.Bucket && slices.ContainsFunc(w.Units, func(unit []string) bool { return unit[0] == string(e.Name) })
	})
}

// guess places the pages to which no old page refers, by the shape of the units in them. It begins with the shortest
// paths, because they explain further pages.
func (w *scavenger) guess(heads []uint64, budget int64) {
	longest := 0
	for _, unit := range w.Units {
		longest = max(longest, len(unit))
	}
	for depth := 1; depth <= longest; depth++ {
		var prefixes []*stalePath
		for _, unit := range w.Units {
			if len(unit) < depth || unit[0] == "" {
				continue
			}
			p := w.root.follow(unit[:depth])
			if !slices.Contains(prefixes, p) {
				prefixes = append(prefixes, p)
			}
		}
		for _, id := range heads {
			if w.places[id] > 0 || w.used[id] || w.ambiguous[id] {
				continue
			}
			if budget < 0 {
				w.Stopped = true
				return
			}
			var fitting []*stalePath
			var paths [][]string
			used := map[uint64]bool{id: true}
			for _, p := range prefixes {
				trial := newScavenger(&Scavenge{Units: w.Units, Fits: w.Fits}, w.pages)
				trial.limit, trial.keep = trialPages, true
				trial.place(id, trial.root.follow(p.names()))
				budget -= trial.bytes
				if trial.fits <= trial.misfits {
					continue
				}
				fitting = append(fitting, p)
				maps.Copy(used, trial.used)
				for _, r := range trial.Remnants {
					paths = append(paths, r.Path)
				}
			}
			switch len(fitting) {
			case 0:
			case 1:
				w.from = id
				w.place(id, fitting[0])
			default:
				maps.Copy(w.ambiguous, used)
				if len(w.Ambiguous) < maxAmbiguous {
					w.Ambiguous = append(w.Ambiguous, Ambiguity{id, paths[:min(len(paths), maxAlternative)]})
				}
			}
		}
	}
}

// place reads a page as a part of the bucket at a path, or as the root of a unit.
func (w *scavenger) place(id uint64, path *stalePath) {
	if unit, _ := w.matches(path); unit {
		w.unit(bolt.StaleElement{Bucket: true, Child: id}, path, id)
		return
	}
	w.page(id, path, nil, 0)
}

// load reads a page, unless the limit is reached.
func (w *scavenger) load(id uint64) (bolt.StalePage, bool) {
	if w.limit > 0 && w.reads == w.limit {
		return bolt.StalePage{}, false
	}
	w.reads++
	p, ok := w.pages.Page(id)
	w.bytes += int64(p.Size)
	return p, ok
}

// page reads a page as a part of the bucket at a path. first is the first key if a branch page refers to it. A page
// with another one has been reused.
func (w *scavenger) page(id uint64, path *stalePath, first []byte, depth int) {
	if depth > maxStaleDepth || w.visited[visit{id, path}] || w.places[id] == maxStalePlaces {
		return
	}
	p, ok := w.load(id)
	if !ok || len(p.Elements) == 0 || first != nil && string(first) != string(p.Elements[0].Name) {
		return
	}
	w.visited[visit{id, path}] = true
	w.places[id]++
	w.elements(p, path, id, depth)
}

func (w *scavenger) elements(p bolt.StalePage, path *stalePath, id uint64, depth int) {
	for _, e := range p.Elements {
		switch {
		case p.Branch:
			w.page(e.Child, path, e.Name, depth+1)
			continue
		case !e.Bucket || len(e.Name) > maxStaleName:
			continue
		}
		below := path.at(string(e.Name))
		unit, prefix := w.matches(below)
		switch {
		case unit:
			w.unit(e, below, id)
		case prefix && e.Child != 0:
			w.page(e.Child, below, nil, depth+1)
		case prefix:
			if inline, ok := bolt.InlinePage(e.Value); ok {
				w.elements(inline, below, id, depth+1)
			}
		}
	}
}

// unit reads a unit. page has its element.
func (w *scavenger) unit(e bolt.StaleElement, path *stalePath, page uint64) {
	if e.Child != 0 {
		if w.visited[visit{e.Child, path}] {
			return
		}
		w.visited[visit{e.Child, path}] = true
	}
	a := assembly{scavenger: w, seen: map[uint64]bool{}}
	content := a.bucket(e, 0)
	b := memkv.NewBuilder()
	if err := content.build(b); err != nil {
		return
	}
	frozen, err := b.Frozen()
	if err != nil || frozen.Len() == 0 {
		return // every page of it has been reused
	}
	names := path.names()
	if !w.Fits(names, frozen) {
		w.misfits++
		return
	}
	w.fits++
	for id := range a.seen {
		w.used[id] = true
	}
	switch {
	case !w.keep:
	case len(w.Remnants) == maxRemnants:
		w.Omitted++
	default:
		w.Remnants = append(w.Remnants, Remnant{names, frozen, page, w.from, w.txid, a.partial})
	}
}

// An assembly is the content of a unit.
type assembly struct {
	*scavenger
	seen    map[uint64]bool
	partial bool
}

func (a *assembly) bucket(e bolt.StaleElement, depth int) *salvaged {
	s := &salvaged{sequence: e.Sequence, values: map[string][]byte{}, buckets: map[string]*salvaged{}}
	if e.Child != 0 {
		a.page(e.Child, s, nil, depth)
	} else if p, ok := bolt.InlinePage(e.Value); ok {
		a.elements(p, s, depth)
	} else {
		a.partial = true
	}
	return s
}

func (a *assembly) page(id uint64, s *salvaged, first []byte, depth int) {
	if depth > maxStaleDepth || a.seen[id] || a.loads[id] == maxStaleLoads {
		a.partial = true
		return
	}
	p, ok := a.load(id)
	if !ok || first != nil && (len(p.Elements) == 0 || string(first) != string(p.Elements[0].Name)) {
		a.partial = true
		return
	}
	a.seen[id] = true
	a.loads[id]++
	a.elements(p, s, depth)
}

func (a *assembly) elements(p bolt.StalePage, s *salvaged, depth int) {
	a.partial = a.partial || !p.Whole
	for _, e := range p.Elements {
		switch {
		case p.Branch:
			a.page(e.Child, s, e.Name, depth+1)
		case len(e.Name) > memkv.MaxKeySize || s.has(e.Name):
			a.partial = true
		case e.Bucket:
			s.buckets[string(e.Name)] = a.bucket(e, depth+1)
		default:
			s.values[string(e.Name)] = e.Value
		}
	}
}
