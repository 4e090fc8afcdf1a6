package recorded

// A Summary counts events, assumptions, and gaps in the events.
type Summary struct {
	Events int            `json:"events"`
	Topics map[string]int `json:"topics"`

	// Objects with reliable events.
	Namespaces int `json:"namespaces"`
	Images     int `json:"images"`
	Containers int `json:"containers"`
	Snapshots  int `json:"snapshots"`
	Blobs      int `json:"blobs"`

	// Whether each commit of a blob and each removal of a snapshot has an event: true for 2.x, false for 1.6.
	TellsBlobs    bool `json:"tells_blobs"`
	TellsRemovals bool `json:"tells_removals"`

	// Groups of events.
	Pulls      int `json:"pulls"`      // groups that end with image records
	Abandoned  int `json:"abandoned"`  // groups without image records
	Tags       int `json:"tags"`       // image records without content
	Targetless int `json:"targetless"` // of those, records without another record to share a target with

	// Evidence of changes without events.
	Recreated int `json:"recreated"` // blobs that were committed again: a collection had removed them
	Implied   int `json:"implied"`   // snapshots that events presuppose
	Unseen    int `json:"unseen"`    // removals of objects without a creation: views, and objects from before the events
	Implicit  int `json:"implicit"`  // namespaces without a creation
	LostExits int `json:"lost_exits"`
	LostTasks int `json:"lost_tasks"` // tasks without an event of their deletion
}
