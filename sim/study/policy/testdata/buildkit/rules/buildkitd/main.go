// Prints buildkitd's default rules on disks of several sizes, as JSON lines.
package main

import (
	"encoding/json"
	"os"
	"strconv"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/util/disk"
)

type rule struct {
	Filter   []string `json:"filter,omitempty"`
	All      bool     `json:"all,omitempty"`
	Keep     int64    `json:"keep,omitempty"`
	Reserved int64    `json:"reserved,omitempty"`
	Most     int64    `json:"max,omitempty"`
	MinFree  int64    `json:"minfree,omitempty"`
}

// main takes the name and version to print, then capacities in bytes. The second loop is that of getGCPolicy in
// cmd/buildkitd, which is a command.
func main() {
	for _, arg := range os.Args[3:] {
		capacity, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			panic(err)
		}
		stat := disk.DiskStat{Total: capacity}
		rules := []rule{}
		for _, p := range config.DefaultGCPolicy(config.GCConfig{}, stat) {
			rules = append(rules, rule{
				p.Filters, p.All, int64(p.KeepDuration.Duration),
				p.ReservedSpace.AsBytes(stat), p.MaxUsedSpace.AsBytes(stat), p.MinFreeSpace.AsBytes(stat),
			})
		}
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{
			"name": os.Args[1], "version": os.Args[2], "capacity": capacity, "rules": rules,
		})
		if err != nil {
			panic(err)
		}
	}
}
