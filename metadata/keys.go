package metadata

import "github.com/holdfast-gc/holdfast/metadata/rules"

// The names of buckets and of values in the stored schema. Records live at
// v1/NAMESPACE/OBJECTS/NAME; package documentation has the whole tree.
const (
	keyVersion1 = "v1"      // the bucket of everything
	keyVersion  = "version" // in it, the database version

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

// labelExpire says until when something is kept that nothing else keeps.
const labelExpire = rules.LabelPrefix + "expire"
