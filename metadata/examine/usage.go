package examine

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// Usage has the sizes of snapshots in bytes. Set must not be called concurrently with any other use.
type Usage struct {
	sizes map[snapshotName]int64
	lines []usageLine // as ReadUsage found them
}

// A usageLine is one line of a usage file.
type usageLine struct {
	number int
	name   snapshotName
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

// ReadUsage reads the sizes of snapshots in one of two forms. One is lines of
//
//	SNAPSHOTTER KEY BYTES
//
// The other is the output of "ctr snapshots usage", with or without -b: a title line KEY SIZE INODES, and lines of that
// form. Their sizes count for snapshots of any snapshotter. Without -b they are rounded.
//
// Fields are separated by white space. A KEY may contain spaces. It is the key of a snapshot, in every namespace that
// has it, or the snapshotter's own name, NAMESPACE/NUMBER/KEY, which takes precedence. Empty lines and lines that begin
// with "#" are skipped. If a snapshot has more than one line, the last counts. The error names the line.
func ReadUsage(r io.Reader) (*Usage, error) {
	u := NewUsage()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, usageLineMax)
	parse := parseUsage
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if slices.Equal(strings.Fields(line), []string{"KEY", "SIZE", "INODES"}) {
			parse = parseCtrUsage
			continue
		}
		name, size, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		u.sizes[name] = size
		u.lines = append(u.lines, usageLine{number, name})
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
		return snapshotName{}, 0, fmt.Errorf("%q: must have the form SNAPSHOTTER KEY BYTES, or come after a title line KEY SIZE INODES", line)
	}
	size, err := strconv.ParseInt(line[last+1:], 10, 64)
	if err != nil || size < 0 {
		return snapshotName{}, 0, fmt.Errorf("%q: %q is not a number of bytes", line, line[last+1:])
	}
	return snapshotName{line[:first], strings.TrimSpace(line[first:last])}, size, nil
}

// sizeUnits are the units that ctr prints.
var sizeUnits = map[string]float64{
	"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50, "EiB": 1 << 60,
}

// parseCtrUsage parses KEY SIZE INODES, where SIZE is a number of bytes, or a number and a unit.
func parseCtrUsage(line string) (snapshotName, int64, error) {
	bad := fmt.Errorf("%q: must have the form KEY SIZE INODES, as ctr snapshots usage prints it", line)
	rest, inodes, ok := cutLast(line)
	if _, err := strconv.ParseInt(inodes, 10, 64); err != nil || !ok {
		return snapshotName{}, 0, bad
	}
	key, size, ok := cutLast(rest)
	if !ok {
		return snapshotName{}, 0, bad
	}
	unit, known := sizeUnits[size]
	if known {
		if key, size, ok = cutLast(key); !ok {
			return snapshotName{}, 0, bad
		}
	} else {
		unit = 1
	}
	number, err := strconv.ParseFloat(size, 64)
	if bytes := number * unit; err == nil && bytes >= 0 && bytes < 1<<63 {
		return snapshotName{"", key}, int64(bytes), nil
	}
	return snapshotName{}, 0, bad
}

// cutLast cuts a line before its last field.
func cutLast(line string) (before, last string, ok bool) {
	i := strings.LastIndexAny(line, " \t")
	if i < 0 {
		return "", line, false
	}
	return strings.TrimSpace(line[:i]), line[i+1:], true
}

// Unmatched returns the lines of a usage file that name no snapshot of a database, each as "line 3 (NAME)".
func (u *Usage) Unmatched(db *memkv.DB) (lines []string) {
	if u == nil || len(u.lines) == 0 {
		return nil
	}
	frozen, err := freeze(db)
	if err != nil {
		return nil
	}
	known := map[snapshotName]bool{}
	for _, r := range recordsOf(frozen) {
		if r.node.Type == metadata.ResourceSnapshot {
			snapshotter, key, _ := strings.Cut(r.node.Key, "/")
			for _, name := range []string{key, r.text("name")} {
				known[snapshotName{snapshotter, name}] = true
				known[snapshotName{"", name}] = true
			}
		}
	}
	for _, l := range u.lines {
		if !known[l.name] {
			lines = append(lines, fmt.Sprintf("line %d (%s)", l.number, strings.TrimSpace(l.name.snapshotter+" "+l.name.key)))
		}
	}
	return lines
}

// size returns the bytes of a snapshot, which its snapshotter calls name.
func (u *Usage) size(snapshotter, key, name string) (int64, bool) {
	if u == nil {
		return 0, false
	}
	for _, n := range []snapshotName{{snapshotter, name}, {"", name}, {snapshotter, key}, {"", key}} {
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
