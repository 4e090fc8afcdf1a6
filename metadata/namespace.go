package metadata

import (
	"context"

	"github.com/containerd/containerd/v2/pkg/identifiers"

	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// namespaceOf returns the namespace of ctx. It fails with FailedPrecondition if ctx has none, and with InvalidArgument
// if the namespace is not an identifier.
func namespaceOf(ctx context.Context) (string, error) {
	if namespace, ok := namespaces.Namespace(ctx); ok && isIdentifier(namespace) {
		return namespace, nil
	}
	return namespaces.NamespaceRequired(ctx) // returns the error
}

// validateIdentifier fails with InvalidArgument if s is not an identifier.
func validateIdentifier(s string) error {
	if isIdentifier(s) {
		return nil
	}
	return identifiers.Validate(s) // returns the error
}

// isIdentifier reports whether s consists of letters and digits, with a single ".", "_" or "-" between two of them, for
// example "k8s.io". Every store call checks its namespace this way. The regular expression of package identifiers would
// take longer than the rest of a reading call.
func isIdentifier(s string) bool {
	const lengthMax = 76
	if len(s) == 0 || len(s) > lengthMax {
		return false
	}
	word := false // the last byte was a letter or a digit
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			word = true
		case word && (c == '.' || c == '_' || c == '-'):
			word = false
		default:
			return false
		}
	}
	return word
}
