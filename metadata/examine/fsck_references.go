package examine

import (
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
)

// danglingFields maps fields that refer to objects to the checks of dangling references.
var danglingFields = map[string]checkName{
	"target":      checkTargetMissing,
	"snapshotKey": checkRootMissing,
}

// references checks that the objects to which records refer exist. It skips them if the collection fails, because then
// there is no graph.
func (c *checker) references() {
	if _, err := graph.Plan(c.d.frozen, c.d.graphOptions(c.d.version, false), nil); err != nil {
		c.findWith(checkCollection, "v1", err.Error(), c.failingUploads())
	}
	g, err := c.d.graph()
	if err != nil {
		return
	}
	for e := range g.Dangling() {
		if !e.FromFlat {
			c.dangling(g, e)
		}
	}
	for id := range gc.ID(g.Len()) {
		if g.Exists(id) {
			continue
		}
		for e := range g.Edges(id) {
			if g.Exists(e.To) && isBackReference(e.Reason) {
				c.find(checkBackReferenceDangling, metadata.NodeName(g.Node(e.To)), e.Reason.Detail+" refers to "+metadata.NodeName(g.Node(id)))
			}
		}
	}
}

// failingUploads returns the commands that leave out the uploads on which collections fail, because their expiry cannot
// be read.
func (c *checker) failingUploads() (commands []string) {
	for r := range c.records(metadata.ResourceIngest) {
		if expiry := r.Get("expireat"); expiry != nil && new(time.Time).UnmarshalBinary(expiry) != nil {
			commands = append(commands, dropCommand(c.file, r.path)...)
		}
	}
	return commands
}

// dangling reports a reference to an object that does not exist.
func (c *checker) dangling(g *gc.Graph, e gc.Edge) {
	from, to := metadata.NodeName(g.Node(e.From)), metadata.NodeName(g.Node(e.To))
	switch e.Reason.Rule {
	case graph.RuleField:
		if check, ok := danglingFields[e.Reason.Detail]; ok {
			c.find(check, from, to+" does not exist")
		}
	case graph.RuleResource:
		c.find(checkLeaseDangling, from, "lists "+to)
	case graph.RuleLabel, graph.RuleCondition:
		if c.reader.inImage[from] {
			return // images has judged the manifest and its configuration
		}
		c.find(checkLabelDangling, from, e.Reason.Detail+" refers to "+to)
	}
}
