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

// Usage has the sizes of snapshots.
type Usage struct {
	sizes map[snapshotName]int64
}

// NewUsage returns a Usage that has no sizes yet.
func NewUsage() *Usage { return &Usage{sizes: map[snapshotName]int64{}} }

// Set sets the size of a snapshot, which goes by its key, or by what the snapshotter itself calls it.
func (u *Usage) Set(snapshotter, key string, bytes int64) {
	u.sizes[snapshotName{snapshotter, key}] = bytes
}

// A snapshotName is how a usage line names a snapshot: by its key, or by what the snapshotter itself calls it, which is
// NAMESPACE/ID/KEY.
type snapshotName struct{ snapshotter, key string }

// usageLineMax bounds the length of a line.
const usageLineMax = 1 << 20

// ReadUsage reads lines of the form
//
//	SNAPSHOTTER KEY BYTES
//
// with any white space between. KEY is the key of a snapshot, in whatever namespaces have it, or what the snapshotter
// calls it: that counts first. A KEY may have spaces. Empty lines and those that begin with # do not count. If a snapshot has
// more than one line, the last does. The error names the line.
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
		return snapshotName{}, 0, fmt.Errorf("%q: must have the form SNAPSHOTTER KEY BYTES", line)
	}
	size, err := strconv.ParseInt(line[last+1:], 10, 64)
	if err != nil || size < 0 {
		return snapshotName{}, 0, fmt.Errorf("%q: %q is not a number of bytes", line, line[last+1:])
	}
	return snapshotName{line[:first], strings.TrimSpace(line[first:last])}, size, nil
}

// size returns the bytes of a snapshot, which its snapshotter calls name.
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

// snapshotSize is what a metadata.GraphOptions asks for.
func (d *Database) snapshotSize(namespace, snapshotter, key string) int64 {
	size, _ := d.lookUpSize(namespace, snapshotter, key)
	return size
}

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

// unsized counts the snapshots among objects whose size is unknown.
func (d *Database) unsized(g *gc.Graph, ids []gc.ID) int {
	count := 0
	for _, id := range ids {
		if n := g.Node(id); n.Type == metadata.ResourceSnapshot && g.Exists(id) && !d.sized(n) {
			count++
		}
	}
	return count
}
