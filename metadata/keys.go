package metadata

import "github.com/holdfast-gc/holdfast/metadata/rules"

// The names of buckets and values in a database. The path of a record is v1/NAMESPACE/OBJECTS/NAME. The package
// documentation shows the whole tree.
const (
	keyVersion1 = "v1"      // the root of all records
	keyVersion  = "version" // the schema, in keyVersion1

	keyBlob       = "blob"
	keyContainers = "containers"
	keyContent    = "content"
	keyImages     = "images"
	keyIngests    = "ingests"
	keyLabels     = "labels"
	keyLeases     = "leases"
	keySandboxes  = "sandboxes"
	keySnapshots  = "snapshots"

	keyAnnotations = "annotations"
	keyChildren    = "children"
	keyCreatedAt   = "createdat"
	keyDigest      = "digest"
	keyExpected    = "expected"
	keyExpireAt    = "expireat"
	keyExtensions  = "extensions"
	keyImage       = "image"
	keyMediaType   = "mediatype"
	keyName        = "name"
	keyOptions     = "options"
	keyParent      = "parent"
	keyRef         = "ref"
	keyRuntime     = "runtime"
	keySandboxID   = "sandboxid"
	keySandboxer   = "sandboxer"
	keySize        = "size"
	keySnapshotKey = "snapshotKey"
	keySnapshotter = "snapshotter"
	keySpec        = "spec"
	keyTarget      = "target"
	keyUpdatedAt   = "updatedat"
)

// labelExpire is the label with the time until which an image or a lease is a root.
const labelExpire = rules.LabelPrefix + "expire"
