package bolt

import "fmt"

// maxFaults bounds what a report keeps of a file that is damaged all over.
const maxFaults = 1000

// Report is the result of a structural check.
type Report struct {
	Info

	// Faults are all that is wrong, in the order in which it was met: meta pages, tree, freelist,
	// and last what tree and freelist disagree on. Empty for a sound file.
	Faults []*Fault

	// Omitted counts the faults beyond the first 1000.
	Omitted int

	// Buckets and Keys count what could be read; keys that hold buckets are not among Keys.
	Buckets, Keys int

	// UsedPages are reachable, metas and freelist included; FreePages are on the freelist; LostPages are
	// neither. Without a freelist that can be read, all that isn't used is free.
	UsedPages, FreePages, LostPages uint64
}

// Check reads the whole structure and reports every fault, where Walk stops at the first. The error is
// ErrChanged if the file was written to meanwhile; the report then means nothing.
func (f *File) Check() (Report, error) {
	c := &checker{Report: Report{Info: f.Info()}}
	for _, fault := range f.metaFaults {
		if fault != nil {
			c.add(fault)
		}
	}
	w := newWalker(f, c, func(fault *Fault) error { c.add(fault); return nil })
	// Neither the visitor nor report return errors, so nothing ends these early.
	_ = w.root()
	free, _ := w.readFreelist()
	c.compare(w, free)
	return c.Report, f.verdict(nil)
}

// checker counts what it visits.
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

// compare holds the pages in use against the free ones. Neighbours with the same fault make one fault.
// Pages below a faulty one count as lost: nothing says whose they are.
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
