package oracle

// A Mark names a situation that a test campaign should reach, such as an expired image that is still referenced. The
// oracle reports the marks below; the simulator and the property suites add their own.
type Mark string

// The marks that the oracle reports.
const (
	BackReferenceToMissing    Mark = "a back reference to a missing object"
	BackReferenceKeepsImage   Mark = "a back reference keeps an expired image"
	BackReferenceKeepsOther   Mark = "a back reference keeps a Collector's resource"
	ConditionFalse            Mark = "a condition is false"
	ConditionTrue             Mark = "a condition is true"
	FlatLeaseMissingChild     Mark = "a flat lease lists a missing child"
	LayerCollected            Mark = "a layer is collected"
	MissingContent            Mark = "a reference to missing content"
	SharedBytesLost           Mark = "a shared blob loses its bytes before its commit"
	CollectedChildBlocks      Mark = "a collected child blocks the removal of its parent"
	ExpiredImageReferenced    Mark = "an expired image is still referenced"
	ExpiredLease              Mark = "an expired lease keeps nothing"
	ResourceKeepsObject       Mark = "a Collector's resource keeps a record"
	CollectionSweptUnfinished Mark = "a collection sweeps, then waits or fails"
)

// Marks returns the marks that the oracle reports.
func Marks() []Mark {
	return []Mark{
		BackReferenceToMissing, BackReferenceKeepsImage, BackReferenceKeepsOther, ConditionFalse, ConditionTrue,
		FlatLeaseMissingChild, LayerCollected, MissingContent, SharedBytesLost, CollectedChildBlocks, ExpiredImageReferenced,
		ExpiredLease, ResourceKeepsObject, CollectionSweptUnfinished,
	}
}
