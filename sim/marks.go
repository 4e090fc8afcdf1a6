package sim

// Marks are the situations that a campaign should meet, each of which some part of the simulator or of the
// oracle notes when it comes about.
func Marks() []string {
	return []string{
		"a back reference to what is gone",
		"a blob of another namespace that was shared",
		"a blob that was written again since its bytes went",
		"a call that waits for a caller's transaction",
		"a caller's transaction that was committed",
		"a caller's transaction that was rolled back",
		"a collection between a commit and the end of its unpacking",
		"a collection between two steps of a pull",
		"a collection on a fork",
		"a collection that a schedule decided on",
		"a collection that swept and then waited or failed",
		"a collection that waits for a caller's transaction",
		"a collection while a call waits",
		"a Collector's resource kept by a back reference",
		"a Collector's resource that was collected",
		"a condition that did not hold",
		"a condition that held",
		"a crash during a collection",
		"a crash in the middle of a caller's transaction",
		"a flat lease whose child went",
		"a fork that outlived a collection on its node",
		"a layer was collected",
		"a lease that its client left behind",
		"a namespace that was not empty",
		"a pull that succeeded when it was tried again",
		"a reference to content that is gone",
		"a restart with leftovers",
		"a scheduled collection that was put off",
		"a shared blob whose bytes went before its commit",
		"a snapshot that a collected child still keeps from being removed",
		"a snapshot was collected before its container was made",
		"a transaction that waits for those who wait for it",
		"an expired image kept by a back reference",
		"an expired image that is still referred to",
		"an expired lease holds nothing",
		"an ingest that was resumed",
		"something that a Collector's resource keeps",
		"two clients that unpacked the same layer",
	}
}

// missing returns the situations that were never met.
func missing(marks map[string]int) []string {
	never := []string{}
	for _, name := range Marks() {
		if marks[name] == 0 {
			never = append(never, name)
		}
	}
	return never
}
