package bolt

import "errors"

// ErrRejected is returned by the visitor of [File.Salvage] for an entry that it does not accept, for example because
// the key is there already. The entry counts as lost, with all below it, and the walk continues.
var ErrRejected = errors.New("not accepted")

// A Loss is a range of keys that cannot be read, or whose entries contradict the structure of the file.
type Loss struct {
	// Fault has the place in the file and the path of the bucket that lacks entries.
	*Fault

	// Low and High limit the keys of that bucket that may be lost: Low <= key < High. nil is unlimited, so a bucket of
	// which nothing can be read has neither. If a lost page is a leaf below a branch page, Low is its first key.
	Low, High []byte
}

// Whole reports whether all entries of the bucket are lost.
func (l Loss) Whole() bool { return l.Low == nil && l.High == nil }

// Salvage emits all content that can be read to v, and each loss to lost. Unlike [File.Walk], it emits keys in the
// order of the file: after a fault they need not ascend, and a key may appear twice. Buckets of which nothing can be
// read are empty. A Loss owns its keys.
//
// It returns the first error of v other than [ErrRejected], or [ErrChanged] if the file was written to meanwhile.
func (f *File) Salvage(v Visitor, lost func(Loss)) error {
	_, err := f.salvage(v, lost)
	return err
}

// salvage also returns the walker, which knows the visited pages.
func (f *File) salvage(v Visitor, lost func(Loss)) (*walker, error) {
	w := newWalker(f, v, func(fault *Fault, keys span) error {
		lost(Loss{Fault: fault, Low: clone(keys.low), High: clone(keys.high)})
		return nil
	})
	w.tolerant = true
	return w, f.verdict(w.root())
}

// clone copies at most as many bytes of a key as the messages about it need.
func clone(key []byte) []byte {
	if key == nil {
		return nil
	}
	return append([]byte{}, key[:min(len(key), maxLossKey)]...)
}

// maxLossKey limits the keys in a Loss, because the file may be hostile. Bolt's own limit is 32,768.
const maxLossKey = 4096

// MetaFaults returns the faults of the file's head: a damaged meta page, whose transaction is unknown, and with
// [AcceptTruncated] the missing end of the file.
func (f *File) MetaFaults() []*Fault {
	var faults []*Fault
	for _, fault := range append(f.metaFaults[:], f.truncated) {
		if fault != nil {
			faults = append(faults, fault)
		}
	}
	return faults
}
