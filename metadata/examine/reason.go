package examine

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
)

// A Reason says why one object keeps another, why it fails to keep it, or why an object is a root.
type Reason struct {
	// Rule is one of the Rule constants of the package metadata. Detail is the label, the field, or the time.
	Rule   string `json:"rule"`
	Detail string `json:"detail,omitempty"`

	// Text describes both, for example "label containerd.io/gc.ref.content.0".
	Text string `json:"text"`
}

// fieldTexts has the descriptions of references in fields, by field.
var fieldTexts = map[string]string{
	"target":      "target of the image",
	"parent":      "parent of the snapshot",
	"snapshotKey": "root file system of the container",
	"expected":    "blob that the ingest will create",
}

// reasons converts the reasons of an edge from one node to another. from and to are equal for the reasons of a root.
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

// isBackReference reports whether the label of the reason is on the object that it keeps.
func isBackReference(r gc.Reason) bool {
	return strings.HasPrefix(r.Detail, "containerd.io/gc.bref.")
}

// reasonText describes a reason. owner has the label; own says that owner is the object that is kept.
func (d *Database) reasonText(r gc.Reason, owner gc.Node, own bool) string {
	label := "label " + r.Detail
	if own {
		label = "its own label " + r.Detail
	}
	switch r.Rule {
	case graph.RuleLabel:
		return label
	case graph.RuleField:
		if text, ok := fieldTexts[r.Detail]; ok {
			return text
		}
		return "field " + r.Detail
	case graph.RuleResource:
		return "listed by the lease"
	case graph.RuleCondition:
		return label + " (its condition is met)"
	case graph.RuleUnmet:
		return label + " (its condition is not met)"
	case graph.RuleCollector:
		return "kept by a collector"
	case graph.RuleRoot:
		if r.Detail == "" {
			return "a root"
		}
		return "a root until " + r.Detail
	case graph.RuleExpired:
		return "expired at " + r.Detail
	case graph.RuleFlat:
		if r.Detail == "" {
			return "a flat lease does not follow references"
		}
		return "a flat lease does not follow " + label
	case graph.RuleIgnored:
		return d.ignoredText(r, owner, label)
	}
	return strings.TrimSpace(r.Rule + " " + r.Detail)
}

// ignoredText says why a collection ignores a label or field.
func (d *Database) ignoredText(r gc.Reason, owner gc.Node, label string) string {
	if !strings.HasPrefix(r.Detail, "containerd.io/") {
		return r.Detail
	}
	if why := metadata.Ignored(owner.Type, r.Detail, d.version); why != "" {
		return fmt.Sprintf("%s is ignored: %s", label, why)
	}
	if strings.HasPrefix(r.Detail, "containerd.io/gc.cond.") {
		return label + " is ignored: its condition cannot be parsed"
	}
	return label + " is ignored: collections do not read this record"
}
