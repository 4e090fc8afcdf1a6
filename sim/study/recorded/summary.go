package recorded

// A Summary says what events told, what was assumed, and what they can't tell.
type Summary struct {
	Events int            `json:"events"`
	Topics map[string]int `json:"topics"`

	// What they tell of without fail.
	Namespaces int `json:"namespaces"`
	Images     int `json:"images"`
	Containers int `json:"containers"`
	Snapshots  int `json:"snapshots"`
	Blobs      int `json:"blobs"`

	// Whether they tell of every blob that is committed and of every snapshot that is removed, as 2.x does; 1.6 doesn't.
	TellsBlobs    bool `json:"tells_blobs"`
	TellsRemovals bool `json:"tells_removals"`

	// What was taken for pulls and the like.
	Pulls      int `json:"pulls"`      // events taken together that end with image records
	Abandoned  int `json:"abandoned"`  // and that don't
	Tags       int `json:"tags"`       // image records that came with no content
	Targetless int `json:"targetless"` // of those, no other record was there whose target they could have

	// What shows that something happened that no event tells of.
	Recreated int `json:"recreated"` // blobs that were committed again: a collection had removed them
	Implied   int `json:"implied"`   // snapshots that were taken for granted
	Unseen    int `json:"unseen"`    // removals of what was never seen made: views, and what was there before
	Implicit  int `json:"implicit"`  // namespaces that nobody made
	LostExits int `json:"lost_exits"`
	LostTasks int `json:"lost_tasks"` // tasks whose deletion was not told
}
