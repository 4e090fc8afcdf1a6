package examine

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// ShapeVersion is the version of the JSON shape of every answer. It is incremented when a field is removed or changes
// its meaning. New fields do not increment it.
const ShapeVersion = 1

// A Basis states the assumptions of an answer: the time, the version of containerd, and the schema. Every answer about
// a [Database] embeds one.
type Basis struct {
	Version    int       `json:"version"`              // ShapeVersion
	At         time.Time `json:"at"`                   // the time of the collection, in UTC
	Containerd string    `json:"containerd"`           // the version with the applied rules, such as "2.4"
	Assumed    bool      `json:"assumed"`              // no version was given; Containerd is the newest version that writes Schema
	Schema     int       `json:"schema"`               // the schema of the database before any migration
	MigratedTo int       `json:"migratedTo,omitempty"` // the schema to which that version migrates the database at startup; 0 if it does not migrate
	Notes      []string  `json:"notes,omitempty"`      // further remarks, one sentence each
}

func (b *Basis) note(format string, args ...any) {
	b.Notes = append(b.Notes, fmt.Sprintf(format, args...))
}

// countByKind returns counts by the name of the kind, such as "image".
func countByKind(counts map[gc.ResourceType]int) map[string]int {
	named := make(map[string]int, len(counts))
	for t, n := range counts {
		named[metadata.KindName(t)] = n
	}
	return named
}

// nodeNames returns the names of nodes of a graph.
func nodeNames(g *gc.Graph, ids []gc.ID) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = metadata.NodeName(g.Node(id))
	}
	return names
}

// Kinds returns the names of all kinds of objects, in the order in which reports list them. The caller owns the slice.
func Kinds() []string {
	return []string{"image", "container", "sandbox", "lease", "content", "ingest", "snapshot"}
}
