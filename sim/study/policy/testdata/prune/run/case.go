// Package run runs "docker image prune" and "nerdctl image prune", of the versions in go.mod, on random image stores.
package run

// A Node is one line of nodes.jsonl: an image store, which one tool prunes several times.
type Node struct {
	Name   string  `json:"name"`
	Tool   string  `json:"tool"` // docker or nerdctl
	Prunes []Prune `json:"prunes"`
}

// A Prune is one run of a command: the images before it, and the images that it removed.
type Prune struct {
	Now     int64    `json:"now"` // nanoseconds since 1970
	All     bool     `json:"all,omitempty"`
	Until   int64    `json:"until,omitempty"` // nanoseconds
	Images  []Image  `json:"images"`          // by ID
	Removed []string `json:"removed,omitempty"`
	Failed  bool     `json:"failed,omitempty"` // the command reported an error
}

// An Image is the records of one target.
type Image struct {
	ID      string   `json:"id"`
	Names   []string `json:"names"`           // of its records
	Created int64    `json:"created"`         // of the newest of them, in nanoseconds since 1970
	InUse   bool     `json:"inUse,omitempty"` // a container was made from it

	// Moved is true if a container was made by a name that this image had then and has lost, or has now and had not.
	Moved  bool `json:"moved,omitempty"`
	Refuse bool `json:"refuse,omitempty"` // its records cannot be removed
}
