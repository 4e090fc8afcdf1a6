package bolt

import "fmt"

// maxFaults limits the faults in a report about a thoroughly damaged file.
const maxFaults = 1000

// Report is the result of a structural check.
type Report struct {
	Info

	// Faults are all faults in the order of the check: meta pages, tree, freelist, then contradictions between tree and
	// freelist. It is empty for a sound file.
	Faults []*Fault

	// Omitted counts the faults beyond the first 1000.
	Omitted int

	// Buckets and Keys count the readable entries. Keys excludes keys of buckets.
	Buckets, Keys int

	// UsedPages are reachable, including metas and freelist. FreePages are on the freelist. LostPages are neither.
	// Without a readable freelist, all unused pages count as free.
	UsedPages, FreePages, LostPages uint64
}

// Check reads the whole structure and reports every fault, while Walk stops at the first. It returns ErrChanged if the
// file was written to meanwhile; the report is then meaningless.
func (f *File) Check() (Report, error) {
	c := &checker{Report: Report{Info: f.Info()}}
	for _, fault := range f.metaFaults {
		if fault != nil {
			c.add(fault)
		}
	}
	if f.truncated != nil {
		c.add(f.truncated)
	}
	w := newWalker(f, c, func(fault *Fault, _ span) error { c.add(fault); return nil })
	// Neither the visitor nor report returns errors, so the walk covers everything.
	_ = w.root()
	free, _ := w.readFreelist()
	c.compare(w, free)
	return c.Report, f.verdict(nil)
}

// A checker counts the entries that it visits.
type checker struct{ Report }

func (c *checker) Enter([]byte, uint64) error { c.Buckets++; return nil }
func (c *checker) Put(_, _ []byte) error      { c.Keys++; return nil }
func (c *checker) Leave() error               { return nil }

func (c *checker) add(f *Fault) {
	if len(c.Faults) == maxFaults {
		c.Omitted++
		return
	}
	c.Faults = append(c.Faults, f)
}

// compare compares the pages in use with the free pages. Adjacent pages with the same fault make one fault. Pages below
// a faulty page count as lost, because their owner is unknown.
func (c *checker) compare(w *walker, free freelist) {
	c.UsedPages = w.seen.count()
	if !free.known {
		c.FreePages = c.Pages - c.UsedPages
		return
	}
	c.FreePages = free.count
	judge := func(id uint64) string {
		switch used, listed := w.seen.has(id), free.pages.has(id); {
		case used && listed:
			return "in use, but on the freelist"
		case !used && !listed:
			return "neither in use nor on the freelist"
		}
		return ""
	}
	for first, next := uint64(0), uint64(0); first < c.Pages; first = next {
		bad := judge(first)
		for next = first + 1; next < c.Pages && judge(next) == bad; next++ {
		}
		if bad == "" {
			continue
		}
		if !w.seen.has(first) {
			c.LostPages += next - first
		}
		which := "the page is"
		if next-first > 1 {
			which = fmt.Sprintf("pages %d to %d are", first, next-1)
		}
		c.add(&Fault{Class: ErrFreelist, Page: first, Offset: int64(first) * int64(c.PageSize), Detail: which + " " + bad})
	}
}
