package op

// Arguments that several kinds of Ops have.
type (
	// None is the type of no arguments, and of no result.
	None struct{}
	// Named is a name: of a record, a writer, a transaction, a fork.
	Named struct{ Name string }
	// Identified is an ID.
	Identified struct{ ID string }
	// Filtered selects the records that match at least one of the filters; all of them if there are none.
	Filtered struct{ Filters []string }
)
