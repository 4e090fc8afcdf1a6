package schema

import "testing"

// FuzzParseNode checks that NodeName inverts ParseNode, and that RecordPath includes the namespace.
func FuzzParseNode(f *testing.F) {
	for _, name := range []string{
		"image/default/docker.io/library/alpine:3.20", "snapshot/default/overlayfs/web", "content/a/", "lease//x", "type77/a/b", "x", "",
		"sandbox/ns/sb", "stream/ns/1",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		n, err := ParseNode(name)
		if err != nil {
			return
		}
		if NodeName(n) != name {
			t.Errorf("ParseNode(%q) is the node %q", name, NodeName(n))
		}
		if path := RecordPath(n); path != nil && (len(path) < 4 || path[1] != n.Namespace) {
			t.Errorf("%q has the record path %q", name, path)
		}
	})
}
