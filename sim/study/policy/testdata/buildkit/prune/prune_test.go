package prune

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/client"
)

var (
	output = flag.String("output", "", "file of the results")
	caches = flag.Int("caches", 1000, "number of caches")
)

// TestPrune prunes random caches twice, and writes what it saw to -output. It needs root, to mount file systems with a
// certain free space.
func TestPrune(t *testing.T) {
	if *output == "" {
		t.Fatal("no -output")
	}
	file, err := os.Create(*output)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	for seed := range *caches {
		var line []byte
		name := fmt.Sprintf("%04d", seed+1)
		t.Run(name, func(t *testing.T) { line = run(t, name, rand.New(rand.NewPCG(uint64(seed), 16))) })
		if t.Failed() {
			return
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

const page = 4096

// run returns the line of one cache.
func run(t *testing.T, name string, random *rand.Rand) (line []byte) {
	free := page * (1 + random.Int64N(200))
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, fmt.Sprintf("size=%d", free)); err != nil {
		t.Fatalf("mounting a file system of %d bytes (needs root): %v", free, err)
	}
	defer syscall.Unmount(root, 0)
	synctest.Test(t, func(t *testing.T) {
		h := newHistory(t, random, root)
		defer func() { h.must(h.manager.Close()) }()
		for range 2 + random.IntN(70) {
			h.step()
		}
		if h.maybe(10) {
			h.restart()
		}
		c := Cache{Name: name, Rules: h.rules(free), Free: free}
		h.pruning = true
		for range 1 + random.IntN(3) {
			c.Prunes = append(c.Prunes, h.prune(c.Rules))
			for range random.IntN(25) {
				h.step()
			}
		}
		var err error
		line, err = json.Marshal(c)
		h.must(err)
	})
	return line
}

func (h *history) prune(rules []Rule) Prune {
	for _, id := range h.ids() {
		if h.images[id] = h.maybe(8); !h.images[id] {
			delete(h.images, id)
		}
	}
	p := Prune{Now: time.Now().UnixNano(), Records: h.records()}
	h.leases.refuse = map[string]bool{}
	if h.maybe(10) {
		for _, id := range h.ids() {
			if h.maybe(10) {
				h.leases.refuse[id] = true
				p.Refuse = append(p.Refuse, h.names[id])
			}
		}
	}
	var infos []client.PruneInfo
	for _, r := range rules {
		infos = append(infos, client.PruneInfo{
			Filter: r.Filter, All: r.All, KeepDuration: time.Duration(r.Keep),
			ReservedSpace: r.Reserved, MaxUsedSpace: r.Most, MinFreeSpace: r.MinFree,
		})
	}
	h.leases.tried = nil
	before := h.items()
	p.Failed = h.manager.Prune(context.Background(), nil, infos...) != nil
	synctest.Wait()
	h.leases.refuse = nil
	h.noteOwnUses(before)
	for _, id := range h.leases.tried {
		if name := h.names[id]; name != "" {
			p.Tried = append(p.Tried, name)
		}
	}
	return p
}

var selections = [][]string{
	{"type==source.local", "type==exec.cachemount", "type==source.git.checkout"},
	{"type==source.local,type==exec.cachemount,type==source.git.checkout"},
	{"type==regular"}, {"mutable"}, {"immutable"}, {"shared"}, {"private"}, {"description~=^m"}, {"description"},
	{"immutable,type==regular"}, {"inuse"}, {"parents"},
}

// rules returns one to four rules. The limits are around the size of the cache and the free space.
func (h *history) rules(free int64) (rules []Rule) {
	total := int64(1)
	for _, r := range h.records() {
		if !r.Inactive {
			total += r.Size
		}
	}
	for range 1 + h.random.IntN(4) {
		r := Rule{All: h.maybe(35)}
		if h.maybe(30) {
			r.Filter = selections[h.random.IntN(len(selections))]
		}
		if h.maybe(35) {
			r.Keep = int64([]time.Duration{time.Hour, 48 * time.Hour, 10 * 24 * time.Hour}[h.random.IntN(3)])
		}
		if h.maybe(40) {
			r.Most = 1 + h.random.Int64N(total)
		}
		if h.maybe(30) {
			r.Reserved = 1 + h.random.Int64N(total)
		}
		if h.maybe(30) {
			r.MinFree = max(1, free+h.random.Int64N(2*total)-total/2)
		}
		if h.maybe(5) {
			r.MinFree = free + total - 1 // may leave nothing
		}
		rules = append(rules, r)
	}
	return rules
}

// An ownUse of a record is a use during Prune.
type ownUse struct {
	times     int    // number of such uses up to this one
	uses      int    // after it
	lastUsed  int64  // before it
	immutable string // that the measurement of a mutable record made; "" for none
}

// noteOwnUses finds the records that Prune used.
func (h *history) noteOwnUses(before map[string]*metadata.StorageItem) {
	items := h.items()
	made := map[string]string{}
	for id, item := range items {
		if m := text(item, "cache.equalMutable"); m != "" && before[id] == nil {
			made[m] = id
		}
	}
	for id, item := range items {
		was, is := read[int](before[id], "cache.usageCount"), read[int](item, "cache.usageCount")
		if before[id] == nil || was == is {
			continue
		}
		own := h.own[id]
		if own.times == 0 || own.uses != was {
			own.lastUsed = read[int64](before[id], "cache.lastUsedAt")
		}
		own.times, own.uses = own.times+is-was, is
		if made[id] != "" {
			own.immutable = made[id]
		}
		h.own[id] = own
	}
}

// records returns the records of the manager's database, by name.
func (h *history) records() (list []Record) {
	items := h.items()
	inUse, pair := map[string]bool{}, map[string]string{}
	for _, r := range h.held {
		inUse[r.id] = true
	}
	for id, item := range items {
		if m := text(item, "cache.equalMutable"); m != "" {
			pair[id], pair[m] = m, id
		}
	}
	for _, id := range h.ids() {
		item, other := items[id], pair[id]
		r := Record{
			ID: h.names[id], Type: text(item, "cache.recordType"), Description: text(item, "cache.description"),
			Size: h.size(id), Uses: read[int](item, "cache.usageCount"), LastUsed: read[int64](item, "cache.lastUsedAt"),
			Mutable: h.mutable(id), InUse: inUse[id], Shared: h.images[id], UsesParents: h.users[id],
		}
		if strings.HasPrefix(r.Description, "diff ") { // of Diff, with IDs
			r.Description = "diff"
		}
		for _, p := range parentsOf(item) {
			r.Parents = append(r.Parents, h.names[p])
		}
		if h.own[other].immutable == id {
			continue
		}
		if own, ok := h.own[id]; ok {
			if own.uses == r.Uses {
				r.LastUsed = own.lastUsed
			}
			r.Uses -= own.times
			if own.immutable == other {
				other = ""
			}
		}
		r.Pair = h.names[other]
		r.Uncommitted = r.Mutable && other == ""
		switch {
		case other == "":
		case r.Mutable:
			r.Inactive = inUse[other]
		default:
			r.Inactive = !inUse[id]
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Record) int { return order(a.ID) - order(b.ID) })
	return list
}

// size returns the size of a record: that of its snapshot, which a lazily committed record has from the mutable one.
func (h *history) size(id string) int64 {
	if m := h.value(id, "cache.equalMutable"); m != "" {
		return h.snapshots.sizes[m]
	}
	return h.snapshots.sizes[id]
}

// order numbers names: r2 before r2a before r10.
func order(name string) (n int) {
	letter := 0
	for _, c := range name[1:] {
		if c >= 'a' {
			letter = int(c-'a') + 1
			continue
		}
		n = n*10 + int(c-'0')
	}
	return n*100 + letter
}
