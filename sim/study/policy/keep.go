package policy

// keep is how many bytes of a build cache buildkit keeps under a rule's caps, when
// the cache holds total bytes and the disk has free: the least of the maximum and
// what leaves the minimum free, but never less than the reserved. 0 means no cap,
// and so does a cap that works out as 0; with reserved alone that is the cap.
func keep(total, free, reserved, most, minFree int64) int64 {
	if reserved == 0 && most == 0 && minFree == 0 {
		return 0
	}
	kept := most
	switch excess := minFree - free; {
	case excess > 0 && kept == 0:
		kept = total - excess
	case excess > 0:
		kept = min(kept, total-excess)
	case minFree != 0 && kept == 0:
		kept = total
	}
	return max(kept, reserved)
}
