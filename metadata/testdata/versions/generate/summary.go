package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// summary returns a table of the number of nodes that each version removes, and the number of cases in which
// neighbouring versions differ.
func summary(cases []*Case) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d cases. Cases in which a version removes other nodes than the one before it:\n", len(cases))
	for i, version := range versions[1:] {
		fmt.Fprintf(&out, "  %s -> %s", versions[i], version)
		for _, kind := range []string{"random-3", "random-4", "fixtures/", ""} {
			n, of := 0, 0
			for _, c := range cases {
				if isNamed := !strings.HasPrefix(c.Database, "random-") && !strings.HasPrefix(c.Database, "fixtures/"); kind == "" && isNamed || kind != "" && strings.HasPrefix(c.Database, kind) {
					of++
					if !slices.Equal(c.Removed[versions[i]], c.Removed[version]) || (c.Error[versions[i]] == "") != (c.Error[version] == "") {
						n++
					}
				}
			}
			label := strings.Trim(kind, "/")
			if label == "" {
				label = "named"
			}
			fmt.Fprintf(&out, "   %s %3d of %d", label, n, of)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "\nNodes removed (E: the collection fails and removes nothing):\n\n%-32s %-30s", "database", "now")
	for _, version := range versions {
		fmt.Fprintf(&out, " %5s", version)
	}
	out.WriteByte('\n')
	for _, c := range cases {
		fmt.Fprintf(&out, "%-32s %-30s", c.Database, c.Now.Format("2006-01-02T15:04:05.999999999Z"))
		for _, version := range versions {
			if c.Error[version] != "" {
				fmt.Fprintf(&out, " %5s", "E")
			} else {
				fmt.Fprintf(&out, " %5d", len(c.Removed[version]))
			}
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}
