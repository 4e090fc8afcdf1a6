// Prints dockerd's default rules on disks of several sizes, as JSON lines. The package worker is the file gc.go of
// dockerd's package of that name: see ../../regenerate.sh.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/moby/buildkit/client"

	"rules/worker"
)

type rule struct {
	Filter   []string `json:"filter,omitempty"`
	All      bool     `json:"all,omitempty"`
	Keep     int64    `json:"keep,omitempty"`
	Reserved int64    `json:"reserved,omitempty"`
	Most     int64    `json:"max,omitempty"`
	MinFree  int64    `json:"minfree,omitempty"`
}

// main takes the name and version to print, then capacities in bytes: multiples of the size of a page. It mounts a file
// system of each capacity, because dockerd reads the size of a disk itself. Capacity 0 is a disk that cannot be read.
func main() {
	for _, arg := range os.Args[3:] {
		capacity, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			panic(err)
		}
		rules := []rule{}
		for _, p := range defaults(capacity) {
			rules = append(rules, rule{p.Filter, p.All, int64(p.KeepDuration), p.ReservedSpace, p.MaxUsedSpace, p.MinFreeSpace})
		}
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{
			"name": os.Args[1], "version": os.Args[2], "capacity": capacity, "rules": rules,
		})
		if err != nil {
			panic(err)
		}
	}
}

func defaults(capacity int64) []client.PruneInfo {
	if capacity == 0 {
		return worker.DefaultGCPolicy("/nowhere", 0, 0, 0)
	}
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.Remove(folder)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", capacity)); err != nil {
		panic(fmt.Errorf("mounting a file system of %d bytes (needs root): %w", capacity, err))
	}
	defer syscall.Unmount(folder, 0)
	return worker.DefaultGCPolicy(folder, 0, 0, 0)
}
