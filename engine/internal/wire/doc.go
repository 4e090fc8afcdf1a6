// Package wire writes Go values as JSON that reads back as the same values, and
// looks the same whoever wrote it:
//
//   - A struct is an object with its fields in their order; those that are zero
//     are left out. A field is called what its json tag says, or else by its own
//     name with a small letter in front: ID is id, SnapshotKey is snapshotKey.
//   - A string, and a []byte, is a string; {"b64":"…"} if it isn't UTF-8.
//   - A whole number of 64 bits is a string of decimal digits; others are numbers.
//   - A time is a string as in RFC 3339, a duration one as in Go ("1m30s").
//   - A map is an object, sorted by key; a list of [key, value] if a key isn't UTF-8.
//   - A nil map or slice is left out, an empty one is not.
//   - A typeurl.Any is {"typeUrl":…,"value":…}, or null if it is a nil pointer.
//   - A gc.Node is a string as metadata.NodeName has it, and a snapshots.Kind its
//     name in small letters.
//
// Reading is strict: what is unknown, of another type, or there twice is an error
// that names the place. It takes no more memory than a small multiple of its input.
package wire
