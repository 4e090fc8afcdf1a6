package examine

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// Usage has the sizes of snapshots in bytes. Set must not be called concurrently with any other use.
type Usage struct {
	sizes map[snapshotName]int64
}

// NewUsage returns a Usage without sizes.
func NewUsage() *Usage { return &Usage{sizes: map[snapshotName]int64{}} }

// Set sets the size of a snapshot. key is its key in the namespace, or its name in the snapshotter, NAMESPACE/ID/KEY.
func (u *Usage) Set(snapshotter, key string, bytes int64) {
	u.sizes[snapshotName{snapshotter, key}] = bytes
}

// A snapshotName identifies a snapshot by its key in any namespace, or by its name in the snapshotter.
type snapshotName struct{ snapshotter, key string }

// usageLineMax is the maximum length of a line in bytes.
const usageLineMax = 1 << 20

// ReadUsage reads lines of the form
//
//	SNAPSHOTTER KEY BYTES
//
// separated by white space. KEY is the key of a snapshot, in any namespace, or its name in the snapshotter, which takes
// precedence. A KEY may contain spaces. Empty lines and lines that begin with # are ignored. The last line of a
// snapshot counts. The error has the number of the line.
func ReadUsage(r io.Reader) (*Usage, error) {
	u := NewUsage()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, usageLineMax)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, size, err := parseUsage(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		u.sizes[name] = size
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return u, nil
}

func parseUsage(line string) (snapshotName, int64, error) {
	first := strings.IndexAny(line, " \t")
	last := strings.LastIndexAny(line, " \t")
	if first == last {
		return snapshotName{}, 0, fmt.Errorf("%q: want SNAPSHOTTER KEY BYTES", line)
	}
	size, err := strconv.ParseInt(line[last+1:], 10, 64)
	if err != nil || size < 0 {
		return snapshotName{}, 0, fmt.Errorf("%q: %q is not a number of bytes", line, line[last+1:])
	}
	return snapshotName{line[:first], strings.TrimSpace(line[first:last])}, size, nil
}

// size returns the size of a snapshot. name is its name in the snapshotter.
func (u *Usage) size(snapshotter, key, name string) (int64, bool) {
	if u == nil {
		return 0, false
	}
	for _, n := range []snapshotName{{snapshotter, name}, {"", name}, {snapshotter, key}} {
		if size, ok := u.sizes[n]; ok {
			return size, true
		}
	}
	return 0, false
}

// snapshotSize implements GraphOptions.Usage of the package metadata. An unknown size is 0 there.
func (d *Database) snapshotSize(namespace, snapshotter, key string) int64 {
	size, _ := d.lookUpSize(namespace, snapshotter, key)
	return size
}

// lookUpSize returns the size of a snapshot, and whether it is known.
func (d *Database) lookUpSize(namespace, snapshotter, key string) (int64, bool) {
	record, _ := d.frozen.BucketAt("v1", namespace, "snapshots", snapshotter, key)
	return d.usage.size(snapshotter, key, string(record.Get("name")))
}

// sized reports whether the size of a snapshot is known.
func (d *Database) sized(n gc.Node) bool {
	snapshotter, key, _ := strings.Cut(n.Key, "/")
	_, ok := d.lookUpSize(n.Namespace, snapshotter, key)
	return ok
}

// unsized returns the number of snapshots among the nodes with an unknown size.
func (d *Database) unsized(g *gc.Graph, ids []gc.ID) int {
	count := 0
	for _, id := range ids {
		if n := g.Node(id); n.Type == metadata.ResourceSnapshot && g.Exists(id) && !d.sized(n) {
			count++
		}
	}
	return count
}
