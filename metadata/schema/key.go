package schema

// The names of buckets and values in a database. The path of a record is v1/NAMESPACE/OBJECTS/NAME. The
// documentation of package metadata shows the whole tree.
const (
	KeyVersion1 = "v1"      // the root of all records
	KeyVersion  = "version" // the schema, in KeyVersion1

	KeyBlob       = "blob"
	KeyContainers = "containers"
	KeyContent    = "content"
	KeyImages     = "images"
	KeyIngests    = "ingests"
	KeyLabels     = "labels"
	KeyLeases     = "leases"
	KeySandboxes  = "sandboxes"
	KeySnapshots  = "snapshots"

	KeyAnnotations = "annotations"
	KeyChildren    = "children"
	KeyCreatedAt   = "createdat"
	KeyDigest      = "digest"
	KeyExpected    = "expected"
	KeyExpireAt    = "expireat"
	KeyExtensions  = "extensions"
	KeyImage       = "image"
	KeyMediaType   = "mediatype"
	KeyName        = "name"
	KeyOptions     = "options"
	KeyParent      = "parent"
	KeyRef         = "ref"
	KeyRuntime     = "runtime"
	KeySandboxID   = "sandboxid"
	KeySandboxer   = "sandboxer"
	KeySize        = "size"
	KeySnapshotKey = "snapshotKey"
	KeySnapshotter = "snapshotter"
	KeySpec        = "spec"
	KeyTarget      = "target"
	KeyUpdatedAt   = "updatedat"
)
