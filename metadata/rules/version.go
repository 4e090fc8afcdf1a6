package rules

import (
	"fmt"
	"strings"
)

// Version is a minor version of containerd with known collection rules. Newer versions compare greater. The zero value
// is no version.
type Version uint8

// The known versions, oldest first.
const (
	V1_6 Version = iota + 1
	V1_7
	V2_0
	V2_1
	V2_2
	V2_3
	V2_4

	// Newest is the default version.
	Newest = V2_4
)

var versions = [...]struct {
	name   string
	schema int // the schema to which the daemon migrates a database
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

// VersionsOf returns the versions that write databases of the given schema, oldest first. The result is empty for an
// unknown schema.
func VersionsOf(schema int) []Version {
	var all []Version
	for _, v := range Versions() {
		if v.Schema() == schema {
			all = append(all, v)
		}
	}
	return all
}

// ParseVersion parses a version such as "1.7", "v2.2" or "2.4.2". It ignores the text after the minor number. The error
// lists the known versions.
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

// String returns the version in the form "2.4".
func (v Version) String() string {
	if v == 0 || v > Newest {
		return fmt.Sprintf("Version(%d)", uint8(v))
	}
	return versions[v].name
}

// Schema returns the schema (the value of v1/version) to which this version migrates a database, or 0 for an unknown
// version.
func (v Version) Schema() int {
	if v == 0 || v > Newest {
		return 0
	}
	return versions[v].schema
}
