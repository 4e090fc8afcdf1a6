package oracle

// rules are the differences between versions of containerd.
type rules struct {
	sandboxes     bool // labels of sandboxes are references
	images        bool // images can be collected, leased and referred to
	rootPrefix    bool // any label that begins with gc.root makes a root
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
