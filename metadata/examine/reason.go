package examine

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Reason says why one object keeps another, or nearly does, or why it stays by itself.
type Reason struct {
	// Rule is one of the Rule… constants of package metadata. Detail is the very label, field or time.
	Rule   string `json:"rule"`
	Detail string `json:"detail,omitempty"`

	// Text puts both into words: "label containerd.io/gc.ref.content.0".
	Text string `json:"text"`
}

// fieldTexts are the words for RuleField, by field.
var fieldTexts = map[string]string{
	"target":      "target of the image",
	"parent":      "parent of the snapshot",
	"snapshotKey": "root file system of the container",
	"expected":    "what the ingest will become",
}

// reasons puts the reasons of a graph into words. The label in them is on the object owner.
func (d *Database) reasons(list []gc.Reason, g *gc.Graph, from, to gc.ID) []Reason {
	words := make([]Reason, 0, len(list))
	for _, r := range list {
		owner := from
		if isBackReference(r) {
			owner = to
		}
		words = append(words, Reason{r.Rule, r.Detail, d.reasonText(r, g.Node(owner), owner == to && from != to)})
	}
	return words
}

func isBackReference(r gc.Reason) bool {
	return strings.HasPrefix(r.Detail, "containerd.io/gc.bref.")
}

// reasonText puts a reason into words. own tells a label of the object held from one of its holder.
func (d *Database) reasonText(r gc.Reason, owner gc.Node, own bool) string {
	label := "label " + r.Detail
	if own {
		label = "its own label " + r.Detail
	}
	switch r.Rule {
	case metadata.RuleLabel:
		return label
	case metadata.RuleField:
		if text, ok := fieldTexts[r.Detail]; ok {
			return text
		}
		return "field " + r.Detail
	case metadata.RuleResource:
		return "listed by the lease"
	case metadata.RuleCondition:
		return label + ", whose condition is met"
	case metadata.RuleUnmet:
		return label + ", whose condition is not met"
	case metadata.RuleCollector:
		return "kept by a collector"
	case metadata.RuleRoot:
		if r.Detail == "" {
			return "a root"
		}
		return "a root until " + r.Detail
	case metadata.RuleExpired:
		return "expired at " + r.Detail
	case metadata.RuleFlat:
		if r.Detail == "" {
			return "a flat lease goes no further"
		}
		return "a flat lease does not follow " + label
	case metadata.RuleIgnored:
		return d.ignoredText(r, owner, label)
	}
	return strings.TrimSpace(r.Rule + " " + r.Detail)
}

// ignoredText says why something that looks like a reference is none.
func (d *Database) ignoredText(r gc.Reason, owner gc.Node, label string) string {
	if !strings.HasPrefix(r.Detail, "containerd.io/") {
		return r.Detail
	}
	if why := metadata.Ignored(owner.Type, r.Detail, d.version); why != "" {
		return fmt.Sprintf("%s does not count: %s", label, why)
	}
	if strings.HasPrefix(r.Detail, "containerd.io/gc.cond.") {
		return label + " does not count: it has no condition that is understood"
	}
	return label + " does not count: collections do not read this record"
}
