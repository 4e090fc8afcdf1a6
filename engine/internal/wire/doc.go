// Package wire encodes Go values as canonical JSON, and decodes the same values from it:
//
//   - A struct is an object with the fields in their order. Zero fields are omitted. The name of a field is its json
//     tag, or its Go name in lower camel case: ID is id, SnapshotKey is snapshotKey.
//   - A string or a []byte is a string, or {"b64":"…"} if it isn't UTF-8.
//   - A 64-bit integer is a string of decimal digits. Other numbers are JSON numbers.
//   - A time is a string in the form of RFC 3339, a duration a string in the form of Go ("1m30s").
//   - A map is an object, sorted by key. If a key isn't UTF-8, it is a list of [key, value].
//   - A nil map or slice is omitted, an empty one is not.
//   - A typeurl.Any is {"typeUrl":…,"value":…}, or null for a nil pointer.
//   - A gc.Node is a string in the form of metadata.NodeName, a snapshots.Kind its name in lower case.
//
// Decoding is strict: an unknown field, a value of another type or a duplicate key is an error that names the position.
// It uses at most a small multiple of the memory of its input.
package wire
