package oracle

// rules are what one version of containerd does otherwise than others.
type rules struct {
	sandboxes     bool // their labels refer to things
	images        bool // they can be collected, leased and referred to
	rootPrefix    bool // any label that begins as gc.root does makes a root
	backReference bool
	conditions    bool
}

// rulesOf are the rules by version.
var rulesOf = map[string]rules{
	"1.6": {},
	"1.7": {sandboxes: true},
	"2.0": {sandboxes: true, images: true},
	"2.1": {sandboxes: true, images: true},
	"2.2": {sandboxes: true, images: true, rootPrefix: true, backReference: true},
	"2.3": {sandboxes: true, images: true, rootPrefix: true, backReference: true, conditions: true},
	"2.4": {sandboxes: true, images: true, rootPrefix: true, backReference: true, conditions: true},
}
