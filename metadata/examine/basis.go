package examine

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// ShapeVersion is the version of the JSON shapes of all answers. It grows when a field changes its meaning or goes
// away, not when one is added.
const ShapeVersion = 1

// A Basis is what an answer rests on. Every answer begins with one.
type Basis struct {
	Version    int       `json:"version"`              // ShapeVersion
	At         time.Time `json:"at"`                   // the time of the collection, in UTC
	Containerd string    `json:"containerd"`           // whose rules count, as "2.4"
	Assumed    bool      `json:"assumed"`              // nobody said so: it is the newest that matches the schema
	Schema     int       `json:"schema"`               // of the database as it was found
	MigratedTo int       `json:"migratedTo,omitempty"` // the schema to which the version's Init brings it first
	Notes      []string  `json:"notes,omitempty"`      // what else should be known, one sentence each
}

func (b *Basis) note(format string, args ...any) {
	b.Notes = append(b.Notes, fmt.Sprintf(format, args...))
}

// countByKind names the keys of a count by resource type.
func countByKind(counts map[gc.ResourceType]int) map[string]int {
	named := make(map[string]int, len(counts))
	for t, n := range counts {
		named[metadata.KindName(t)] = n
	}
	return named
}

// nodeNames are the names of objects of a graph.
func nodeNames(g *gc.Graph, ids []gc.ID) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = metadata.NodeName(g.Node(id))
	}
	return names
}

// Kinds returns the names of all kinds of objects, in the order in which a person wants them.
func Kinds() []string {
	return []string{"image", "container", "sandbox", "lease", "content", "ingest", "snapshot"}
}
