package recorded_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// informed returns options with the knowledge of the clients' commands that events lack: leases, labels, uploads,
// views, targets of tags, requests for collections, and the boundaries of commands. The content of imported archives
// stays unknown, except that the first blob is the index.
func (r *recording) informed(t testing.TB) recorded.Options {
	k := &knowledge{t: t, blobs: map[string]bool{}, events: map[int]int{}, indexes: map[string]digest.Digest{}, views: map[string]bool{}}
	var spaces []string
	for _, c := range r.commands {
		spaces = append(spaces, c.namespace())
	}
	for _, e := range r.events {
		if b, ok := e.Body.(*recorded.Blob); ok && e.Topic == "/content/create" {
			k.blobs[string(b.Digest)] = true
		}
		for n, c := range r.commands {
			if spaces[n] == e.Namespace && !e.Time.Before(c.start) && !e.Time.After(c.end.Add(30*time.Millisecond)) {
				k.events[e.Line] = n + 1
			}
		}
	}
	for n, c := range r.commands {
		k.command(n, c, r.events)
	}
	return recorded.Options{Before: r.before(t), Start: r.start, End: r.end, Also: k.also, Known: func(e recorded.Event) recorded.Known {
		n := k.events[e.Line]
		if n == 0 {
			return recorded.Known{}
		}
		return k.known(n-1, r.commands[n-1], e)
	}}
}

// A knowledge is the information in commands.
type knowledge struct {
	t       testing.TB
	blobs   map[string]bool // that events tell of
	events  map[int]int     // by line, the number of the command, from 1
	indexes map[string]digest.Digest
	views   map[string]bool
	also    []recorded.Step
}

// A call is a command of the client that is no ctr.
type call struct {
	Op, NS, Lease, ID, Data, Type, Parent, SS string
	Digest                                    digest.Digest
	Labels                                    map[string]string
}

func (c command) call() (a call) {
	if c.client == "api" {
		json.Unmarshal([]byte(c.text), &a)
	}
	return a
}

var inNamespace = regexp.MustCompile(`^-n (\S+) (.*)$`)

func (c command) namespace() string {
	if m := inNamespace.FindStringSubmatch(c.text); m != nil {
		return m[1]
	}
	if ns := c.call().NS; ns != "" {
		return ns
	}
	return "default"
}

// words are those of a command of ctr, without its namespace.
func (c command) words() []string {
	if c.client != "ctr" {
		return nil
	}
	if m := inNamespace.FindStringSubmatch(c.text); m != nil {
		return strings.Fields(m[2])
	}
	return strings.Fields(c.text)
}

var archive = regexp.MustCompile(`images/\S+\.tar`)

func (k *knowledge) known(n int, c command, e recorded.Event) recorded.Known {
	a, w := c.call(), c.words()
	known := recorded.Known{Call: fmt.Sprint("command ", n)}
	switch {
	case a.Op == "put" || a.Op == "prepare":
		known.Lease = &a.Lease
	case a.Op == "retarget":
		known.Target, known.Lease = a.Digest, new(string)
	case len(w) > 1 && w[1] == "tag":
		known.Source = w[len(w)-2]
	case len(w) > 1 && w[1] == "ingest":
		known.Lease = new(string)
	case len(w) > 1 && w[1] == "import" && c.code == "137":
		lease := fmt.Sprint("killed-", n)
		known.Lease = &lease
	case len(w) > 1 && w[1] == "import":
		b, ok := e.Body.(*recorded.Blob)
		known.Unheld = ok && k.indexes[archive.FindString(c.text)] == b.Digest
	}
	return known
}

// command adds the effects of a command that cause no event.
func (k *knowledge) command(n int, c command, events []recorded.Event) {
	if c.code != "0" && c.code != "137" {
		return
	}
	ns := c.namespace()
	when := c.end.Add(-2 * time.Millisecond)
	if when.Before(c.start) {
		when = c.start
	}
	add := func(lease string, name op.Name, args any) {
		h := engine.Header{NS: ns}
		if lease != "" {
			h.Lease = &lease
		}
		k.also = append(k.also, recorded.Step{At: when, Op: engine.Op{Name: name, Header: h, Args: args}})
	}
	ingest := func(lease, ref string) {
		name := fmt.Sprint("upload-", n)
		add(lease, op.WritersOpen, op.WritersOpenArgs{Name: name, Ref: ref})
		add("", op.WritersClose, op.Named{Name: name})
	}
	expiry := func(d time.Duration) map[string]string {
		return map[string]string{"containerd.io/gc.expire": when.Add(d).UTC().Format(time.RFC3339)}
	}
	switch a := c.call(); a.Op {
	case "put":
		if d := digest.FromString(a.Data); !k.blobs[string(d)] { // in 1.6, which tells of none
			add("", op.ContentPlace, op.ContentPlaceArgs{Digest: d, Size: int64(len(a.Data))})
			name := fmt.Sprint("put-", n)
			desc := ocispec.Descriptor{Digest: d, Size: int64(len(a.Data))}
			add(a.Lease, op.WritersOpen, op.WritersOpenArgs{Name: name, Ref: name, Desc: desc})
			add(a.Lease, op.WritersCommit, op.WritersCommitArgs{Name: name, Size: desc.Size, Expected: d, Labels: a.Labels})
			add("", op.WritersClose, op.Named{Name: name})
		}
	case "res", "rmres":
		name := map[string]op.Name{"res": op.LeasesAddResource, "rmres": op.LeasesDeleteResource}[a.Op]
		add("", name, op.LeaseResource{ID: a.Parent, Resource: leases.Resource{ID: a.ID, Type: a.Type}})
	case "ingest":
		ingest(a.Lease, a.ID)
	case "abort":
		add("", op.ContentAbort, op.Ingest{Ref: a.ID})
	case "labelsnap":
		info := snapshots.Info{Name: a.ID, Labels: a.Labels}
		var paths []string
		for key := range a.Labels {
			paths = append(paths, "labels."+key)
		}
		add("", op.SnapshotsUpdate, op.SnapshotsUpdateArgs{Snapshotter: a.SS, Info: info, Paths: paths})
	}
	w := c.words()
	if len(w) < 2 {
		return
	}
	last := w[len(w)-1]
	switch w[0] + " " + w[1] {
	case "images import":
		if c.code == "137" {
			lease := fmt.Sprint("killed-", n)
			when = c.start.Add(10 * time.Millisecond)
			add("", op.LeasesCreate, op.LeasesCreateArgs{ID: lease, Labels: expiry(24 * time.Hour)})
			if k.told(n, events) {
				ingest(lease, lease)
			}
		}
		if tar := archive.FindString(c.text); k.indexes[tar] == "" {
			for _, e := range events {
				if b, ok := e.Body.(*recorded.Blob); ok && k.events[e.Line] == n+1 {
					k.indexes[tar] = b.Digest
					break
				}
			}
		}
	case "images rm", "leases rm":
		if w[0] == "leases" {
			add("", op.LeasesDelete, op.LeasesDeleteArgs{ID: last})
		}
		if w[2] == "--sync" {
			for _, e := range events {
				if e.Topic == "/images/delete" && k.events[e.Line] == n+1 {
					when = e.Time.Add(time.Microsecond)
				}
			}
			add("", op.ScheduleTrigger, nil)
		}
	case "leases create":
		expires := 24 * time.Hour
		if len(w) > 5 {
			expires, _ = time.ParseDuration(w[5])
		}
		add("", op.LeasesCreate, op.LeasesCreateArgs{ID: w[3], Labels: expiry(expires)})
	case "content label":
		info := content.Info{Digest: digest.Digest(w[2])}
		key, value, _ := strings.Cut(last, "=")
		info.Labels = map[string]string{key: value}
		add("", op.ContentUpdate, op.ContentUpdateArgs{Info: info, Paths: []string{"labels." + key}})
	case "snapshots view":
		k.views[last] = true
		k.views[w[2]] = true
		add("", op.SnapshotsView, op.SnapshotCreate{Snapshotter: "overlayfs", Key: w[2], Parent: last})
	case "snapshots rm":
		if k.views[last] {
			add("", op.SnapshotsRemove, op.Snapshot{Snapshotter: "overlayfs", Key: last})
		}
	}
}

// told reports whether an event tells of a command.
func (k *knowledge) told(n int, events []recorded.Event) bool {
	for _, e := range events {
		if k.events[e.Line] == n+1 {
			return true
		}
	}
	return false
}
