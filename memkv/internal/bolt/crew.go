package bolt

import "slices"

// A Part is a Visitor for a part of a bucket's entries.
type Part interface {
	Visitor

	// Cut ends the part and begins the next one. join emits the ended part; the first goroutine of the walk calls it
	// when everything before the part is emitted. It may run beside the visits of the next part.
	Cut() (join func() error, err error)
}

// WalkParts is Walk in several goroutines. Each of the workers has a Part, which newPart returns, for the parts that it
// reads. The joins of the parts and the other calls of v are in key order, in the goroutine of the caller. If there is
// an error, it may be another one than that of Walk. The file's reader must allow concurrent ReadAt.
func (f *File) WalkParts(v Visitor, workers int, newPart func() Part) error {
	report := func(fault *Fault, _ span) error { return fault }
	w := newWalker(f, v, report)
	w.crew = &crew{queue: make(chan *task, 2*workers)}
	defer close(w.crew.queue)
	for range workers {
		part := newPart()
		go w.crew.work(&walker{file: f, visitor: part, report: report, guess: 1, seen: w.seen}, part)
	}
	return f.verdict(w.root())
}

// A crew are the goroutines that read parts of the buckets of a file.
type crew struct{ queue chan *task }

// A task is to visit some children of a branch page.
type task struct {
	from     block
	children []child
	depth    int // of from
	path     [][]byte

	done chan struct{} // closed when the results are there
	join func() error
	err  error
}

// taskPages is the number of pages of a task. A page takes a few microseconds.
const taskPages = 4

func (c *crew) work(w *walker, part Part) {
	for t := range c.queue {
		w.path = t.path
		for _, child := range t.children {
			if t.err == nil {
				t.err = w.tree(child.id, child.keys, t.depth+1, t.from, child.at)
			}
		}
		if t.err == nil {
			t.join, t.err = part.Cut()
		}
		close(t.done)
	}
}

// branch visits the children of a branch page of w. The page and the path of w stay unchanged meanwhile.
func (c *crew) branch(w *walker, b block, keys span, depth int) error {
	var all []child
	err := w.children(b, keys, func(at child) error {
		all = append(all, at)
		return nil
	})
	if err != nil {
		return err
	}
	var tasks []*task
	for some := range slices.Chunk(all, taskPages) {
		t := &task{from: b, children: some, depth: depth, path: slices.Clone(w.path), done: make(chan struct{})}
		tasks = append(tasks, t)
		c.queue <- t
	}
	for _, t := range tasks { // all of them, since they use b
		if <-t.done; err == nil {
			err = t.err
		}
		if err == nil {
			err = t.join()
		}
	}
	return err
}

// aboveLeaves reports whether the first child of a branch page is a leaf page.
func (w *walker) aboveLeaves(b block) bool {
	if b.count == 0 || b.elementsEnd() > uint64(len(b.data)) {
		return false
	}
	id := decodeBranchElement(b.data, headerSize).child
	if id < firstDataPage || id >= w.file.pages {
		return false
	}
	head, err := w.file.read(int64(id)*int64(w.file.pageSize), make([]byte, headerSize))
	return err == nil && decodeHeader(head).flags == leafFlag
}
