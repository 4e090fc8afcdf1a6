package metadata

import (
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// The names in this file are declared in packages rules and schema. They are here for callers that need no other name
// of these packages.

// Version is a minor version of containerd with known collection rules; see [rules.Version].
type Version = rules.Version

// The known versions, oldest first.
const (
	V1_6 = rules.V1_6
	V1_7 = rules.V1_7
	V2_0 = rules.V2_0
	V2_1 = rules.V2_1
	V2_2 = rules.V2_2
	V2_3 = rules.V2_3
	V2_4 = rules.V2_4

	// Newest is the default version.
	Newest = rules.Newest
)

// Versions returns every known version, oldest first.
func Versions() []Version { return rules.Versions() }

// VersionsOf returns the versions that write databases of the given schema, oldest first. The result is empty for an
// unknown schema.
func VersionsOf(schema int) []Version { return rules.VersionsOf(schema) }

// ParseVersion parses a version such as "1.7", "v2.2" or "2.4.2". It ignores the text after the minor number.
func ParseVersion(s string) (Version, error) { return rules.ParseVersion(s) }

// ResourceType is the type of a node in the reference graph.
type ResourceType = gc.ResourceType

// The types of resources, with containerd's values.
const (
	ResourceUnknown   = rules.ResourceUnknown
	ResourceContent   = rules.ResourceContent
	ResourceSnapshot  = rules.ResourceSnapshot
	ResourceContainer = rules.ResourceContainer
	ResourceTask      = rules.ResourceTask
	ResourceImage     = rules.ResourceImage
	ResourceLease     = rules.ResourceLease
	ResourceIngest    = rules.ResourceIngest
	ResourceStream    = rules.ResourceStream
	ResourceMount     = rules.ResourceMount
)

// KindName returns the name of a resource type, such as "content".
func KindName(t ResourceType) string { return rules.KindName(t) }

// Ignored returns the reason why a label has no effect on objects of a type, or ""; see [rules.Ignored].
func Ignored(t ResourceType, label string, v Version) string { return rules.Ignored(t, label, v) }

// IgnoredValue returns the reason why the value of a label has no effect, or ""; see [rules.IgnoredValue].
func IgnoredValue(label, value string, v Version) string { return rules.IgnoredValue(label, value, v) }

// NodeName returns the name of a node in the form KIND/NAMESPACE/KEY; see [schema.NodeName].
func NodeName(n gc.Node) string { return schema.NodeName(n) }

// ParseNode parses a node name; see [schema.ParseNode].
func ParseNode(name string) (gc.Node, error) { return schema.ParseNode(name) }

// Migrate migrates a database to the given version of the schema, and returns the version before; see [schema.Migrate].
func Migrate(tx *memkv.Tx, version int) (from int, err error) { return schema.Migrate(tx, version) }
