package prune

// A Cache is one line of caches.jsonl: a cache that is used, and pruned by the same rules several times.
type Cache struct {
	Name   string  `json:"name"`
	Rules  []Rule  `json:"rules"`
	Free   int64   `json:"free"` // bytes; it does not change
	Prunes []Prune `json:"prunes"`
}

// A Prune is a call of Prune: the records before it, and the records that it removed.
type Prune struct {
	Now     int64    `json:"now"` // nanoseconds since 1970
	Records []Record `json:"records"`
	Refuse  []string `json:"refuse,omitempty"` // records that cannot be removed
	Tried   []string `json:"tried,omitempty"`  // records to remove, in order
	Failed  bool     `json:"failed,omitempty"` // Prune returned an error
}

// A Rule is a client.PruneInfo.
type Rule struct {
	Filter   []string `json:"filter,omitempty"`
	All      bool     `json:"all,omitempty"`
	Keep     int64    `json:"keep,omitempty"` // nanoseconds
	Reserved int64    `json:"reserved,omitempty"`
	Most     int64    `json:"max,omitempty"`
	MinFree  int64    `json:"minfree,omitempty"`
}

// A Record is a record of the cache, read from the manager's database. Uses during an earlier Prune of the history are
// left out: as if mutable records were not measured, and parents not used by the removal of records.
type Record struct {
	ID          string   `json:"id"`
	Parents     []string `json:"parents,omitempty"`
	Type        string   `json:"type,omitempty"`
	Description string   `json:"description,omitempty"`
	Size        int64    `json:"size"`
	Uses        int      `json:"uses,omitempty"`
	LastUsed    int64    `json:"lastUsed,omitempty"` // nanoseconds since 1970; 0 for never
	Mutable     bool     `json:"mutable,omitempty"`
	Uncommitted bool     `json:"uncommitted,omitempty"` // mutable, without an immutable record of the same data
	Inactive    bool     `json:"inactive,omitempty"`    // the half of a pair that DiskUsage omits
	Pair        string   `json:"pair,omitempty"`        // the other record with the same data
	InUse       bool     `json:"inUse,omitempty"`
	UsesParents bool     `json:"usesParents,omitempty"` // older than a restart, or a merge that Diff made
	Shared      bool     `json:"shared,omitempty"`      // an image has its layers
}
