package examine

import (
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// danglingFields are the checks of fields that name something that is not there.
var danglingFields = map[string]string{
	"target":      "target-missing",
	"snapshotKey": "root-missing",
}

// references checks that what is referred to exists. A collection that fails cannot be asked for its references.
func (c *checker) references() {
	if _, err := metadata.Plan(c.d.frozen, c.d.graphOptions(c.d.version, false), nil); err != nil {
		c.find("collection", "v1", err.Error())
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
				c.find("back-reference-dangling", metadata.NodeName(g.Node(e.To)), e.Reason.Detail+" names "+metadata.NodeName(g.Node(id)))
			}
		}
	}
}

func (c *checker) dangling(g *gc.Graph, e gc.Edge) {
	from, to := metadata.NodeName(g.Node(e.From)), metadata.NodeName(g.Node(e.To))
	switch e.Reason.Rule {
	case metadata.RuleField:
		if check, ok := danglingFields[e.Reason.Detail]; ok {
			c.find(check, from, to+" does not exist")
		}
	case metadata.RuleResource:
		c.find("lease-dangling", from, "holds "+to)
	case metadata.RuleLabel, metadata.RuleCondition:
		c.find("label-dangling", from, e.Reason.Detail+" names "+to)
	}
}
