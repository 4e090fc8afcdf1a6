package profile

// A node is a part of a file in either format.
type node struct {
	kind     kind
	line     int
	text     string  // of a scalar
	children []*node // of a sequence; keys and values by turns of a mapping
	anchored bool    // it is referred to, or refers
}

type kind uint8

const (
	scalar kind = iota + 1
	sequence
	keyed
)
