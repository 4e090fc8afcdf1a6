package rules

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/gc"
)

// The types of resources, as in containerd. Collectors of other modules are compiled against these values.
const (
	ResourceUnknown   gc.ResourceType = 0
	ResourceContent   gc.ResourceType = 1
	ResourceSnapshot  gc.ResourceType = 2
	ResourceContainer gc.ResourceType = 3
	ResourceTask      gc.ResourceType = 4
	ResourceImage     gc.ResourceType = 5
	ResourceLease     gc.ResourceType = 6
	ResourceIngest    gc.ResourceType = 7

	// ResourceEnd is the first type for which a collector can be registered.
	ResourceEnd gc.ResourceType = 8

	ResourceStream gc.ResourceType = 9
	ResourceMount  gc.ResourceType = 10

	// ResourceSandbox is the type of sandboxes. containerd has no type for them, because no object refers to a sandbox.
	// No collector can be registered for this value.
	ResourceSandbox = gc.ResourceMax
)

var kindNames = map[gc.ResourceType]string{
	ResourceContent:   "content",
	ResourceSnapshot:  "snapshot",
	ResourceContainer: "container",
	ResourceTask:      "task",
	ResourceImage:     "image",
	ResourceLease:     "lease",
	ResourceIngest:    "ingest",
	ResourceStream:    "stream",
	ResourceMount:     "mount",
	ResourceSandbox:   "sandbox",
}

// KindName returns the name of a resource type, such as "content". Types that are unknown, for example those of
// collectors in other modules, are named after their number: "type12".
func KindName(t gc.ResourceType) string {
	if name, ok := kindNames[t]; ok {
		return name
	}
	return fmt.Sprintf("type%d", t)
}
