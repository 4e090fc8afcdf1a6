package profile

import (
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
)

// Names are the built-in profiles, in order.
func Names() []string { return []string{"k8s-node", "ci-runner", "build-host", "edge", "multi-tenant"} }

// Text returns the file of a built-in profile, a template for custom ones. Error: ErrNotFound, which lists the known
// names.
func Text(name string) ([]byte, error) {
	for _, known := range Names() {
		if name == known {
			return data.ReadFile("data/" + name + extension)
		}
	}
	return nil, fmt.Errorf("profile %q: known are %s: %w", name, strings.Join(Names(), ", "), errdefs.ErrNotFound)
}

// Load reads a built-in profile. Error: ErrNotFound, which lists the known names.
func Load(name string) (*Profile, error) {
	text, err := Text(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}
