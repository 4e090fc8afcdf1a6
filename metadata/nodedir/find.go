package nodedir

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A Place is a usual root directory.
type Place struct {
	Owner   string // the program that keeps its data there
	Pattern string // a path.Match pattern; "~" is the home directory
}

// Places are the roots that [Find] looks at, in this order.
var Places = []Place{
	{"containerd", "/var/lib/containerd"},
	{"dockerd", "/var/lib/docker/containerd/daemon"},
	{"k3s", "/var/lib/rancher/k3s/agent/containerd"},
	{"RKE2", "/var/lib/rancher/rke2/agent/containerd"},
	{"MicroK8s", "/var/snap/microk8s/common/var/lib/containerd"},
	{"rootless containerd (nerdctl)", "~/.local/share/containerd"},
	{"rootless dockerd", "~/.local/share/docker/containerd/daemon"},
	{"buildkitd", "/var/lib/buildkit/*"},
	{"rootless buildkitd", "~/.local/share/buildkit/*"},
}

// A Found is a root directory that exists.
type Found struct {
	Owner string
	Path  string // absolute
}

// Find returns the usual places at which files, the file system of the whole machine, has a metadata database. home is
// the absolute path of the user's home directory, or "". Places that cannot be looked into, for lack of permission, are
// returned as well: the root may be one of these.
func Find(files fs.FS, home string) (found []Found, refused []Found) {
	for _, p := range Places {
		pattern := p.Pattern
		if rest, ok := strings.CutPrefix(pattern, "~"); ok {
			if home == "" {
				continue
			}
			pattern = path.Join(home, rest)
		}
		matches, _ := fs.Glob(files, strings.TrimPrefix(pattern, "/"))
		slices.Sort(matches)
		for _, m := range matches {
			f := Found{p.Owner, "/" + m}
			for _, l := range layouts {
				_, err := fs.Stat(files, path.Join(m, l.database))
				if err == nil {
					found = append(found, f)
				} else if errors.Is(err, fs.ErrPermission) {
					refused = append(refused, f)
				} else {
					continue
				}
				break
			}
		}
	}
	return found, refused
}
