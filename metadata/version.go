package metadata

import (
	"fmt"
	"strings"
)

// Version is a minor version of containerd whose collection rules are known. Versions order by age:
// the zero value is none.
type Version uint8

// The versions whose rules are known, oldest first.
const (
	V1_6 Version = iota + 1
	V1_7
	V2_0
	V2_1
	V2_2
	V2_3
	V2_4

	// Newest is the version that is assumed where nothing else is said.
	Newest = V2_4
)

var versions = [...]struct {
	name   string
	schema int // the dbVersion that this version's Init leaves
}{
	V1_6: {"1.6", 3},
	V1_7: {"1.7", 3},
	V2_0: {"2.0", 4},
	V2_1: {"2.1", 4},
	V2_2: {"2.2", 4},
	V2_3: {"2.3", 4},
	V2_4: {"2.4", 4},
}

// Versions returns every known version, oldest first.
func Versions() []Version {
	all := make([]Version, 0, Newest)
	for v := V1_6; v <= Newest; v++ {
		all = append(all, v)
	}
	return all
}

// VersionsOf returns the versions that write databases of the given schema, oldest first: none for a schema
// that no known version writes.
func VersionsOf(schema int) []Version {
	var all []Version
	for _, v := range Versions() {
		if v.Schema() == schema {
			all = append(all, v)
		}
	}
	return all
}

// ParseVersion reads a version such as "1.7", "v2.2" or "2.4.2": what follows the minor number is ignored.
func ParseVersion(s string) (Version, error) {
	parts := strings.SplitN(strings.TrimPrefix(s, "v"), ".", 3)
	if len(parts) >= 2 {
		for _, v := range Versions() {
			if v.String() == parts[0]+"."+parts[1] {
				return v, nil
			}
		}
	}
	return 0, fmt.Errorf("containerd version %q: not one of %s", s, versionNames())
}

func versionNames() string {
	var names []string
	for _, v := range Versions() {
		names = append(names, v.String())
	}
	return strings.Join(names, ", ")
}

// String returns the version as in "2.4".
func (v Version) String() string {
	if v == 0 || v > Newest {
		return fmt.Sprintf("Version(%d)", uint8(v))
	}
	return versions[v].name
}

// Schema returns the database version (v1/version) that this version's Init leaves behind.
func (v Version) Schema() int {
	if v == 0 || v > Newest {
		return 0
	}
	return versions[v].schema
}
