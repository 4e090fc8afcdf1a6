// Package run runs kubelet's image manager and its eviction manager, of the Kubernetes version in go.mod, on random nodes.
package run

// A Node is one line of nodes.jsonl: a disk with images, and what kubelet did to it.
type Node struct {
	Name     string  `json:"name"`
	Settings         // of kubelet
	Layout   string  `json:"layout"` // disk, imagefs or split
	Capacity int64   `json:"capacity"`
	Seconds  int64   `json:"seconds"` // duration
	Events   []Event `json:"events"`  // by time
	Done     []Done  `json:"done"`    // by kubelet, in order
}

// Settings are kubelet's. An amount is a percentage if it is at most 100, else bytes; 0 is none.
type Settings struct {
	High    int   `json:"high"`
	Low     int   `json:"low"`
	MinAge  int64 `json:"minAge"` // milliseconds
	MaxAge  int64 `json:"maxAge,omitempty"`
	Hard    int64 `json:"hard,omitempty"`
	Soft    int64 `json:"soft,omitempty"`
	Grace   int64 `json:"grace,omitempty"` // seconds
	Reclaim int64 `json:"reclaim,omitempty"`
	Restart int64 `json:"restart,omitempty"` // seconds between two starts
}

// An Event changes the node.
type Event struct {
	At     int64  `json:"at"` // seconds since the start
	Image  string `json:"image,omitempty"`
	Size   int64  `json:"size,omitempty"`   // of a new image
	Pinned bool   `json:"pinned,omitempty"` // likewise
	InUse  *bool  `json:"inUse,omitempty"`
	Dead   bool   `json:"dead,omitempty"`   // a container that exited uses the image
	Others *int64 `json:"others,omitempty"` // bytes that belong to no image
	Refuse *bool  `json:"refuse,omitempty"` // the image cannot be removed
}

// Done is an action of kubelet: the removal of an image, or the eviction of a pod.
type Done struct {
	At    int64  `json:"at"` // seconds since the start
	Image string `json:"image,omitempty"`
	Pod   bool   `json:"pod,omitempty"`
}
