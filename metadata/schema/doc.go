// Package schema describes containerd's metadata database as data: the names of its buckets, the encodings of its
// values, the kinds of its records, and the migrations between versions of the schema. The documentation of package
// metadata shows the whole tree.
//
// A [Kind] is one kind of object, with the bucket of its records. For example, the records of images are at
// v1/NAMESPACE/images/NAME. [RecordPath] returns the path of one record. Outside the database an object is a [gc.Node];
// [NodeName] and [ParseNode] convert a node to text and back.
//
// [Entries] walks a database, or a part of it, and compares each key with the schema. An [Entry] names the object to
// which a value belongs, and the meaning and encoding of the value. It has an error if the schema has no such key.
//
// The constants KeyVersion1 to KeyUpdatedAt are the names of buckets and values. The functions Append… and Decode… are
// the encodings. [Migrate] brings an older database to a newer version of the schema.
//
// The package has no stores (package metadata), and applies no rules of collections (package rules).
package schema
