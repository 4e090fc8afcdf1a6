//go:build requirements

package proptest

// No build sets this tag; the import keeps a requirement in go.mod. Modules that gopter v0.2.11 names require versions
// of google.golang.org/genproto from before its package googleapis/rpc became a module of its own. In a consumer that
// requires gopter directly these versions join the build list, and every import of googleapis/rpc, as in grpc's tests,
// is ambiguous. A requirement of a version from after the split settles it.
import _ "google.golang.org/genproto/protobuf/field_mask"
