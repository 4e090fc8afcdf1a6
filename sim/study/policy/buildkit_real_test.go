package policy_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A realHistory is a cache that BuildKit's cache manager pruned several times, recorded by testdata/buildkit/prune.
type realHistory struct {
	Name   string
	Rules  []realRule
	Free   int64
	Prunes []realPrune
}

type realPrune struct {
	Now     int64
	Records []realRecord
	Refuse  []string
	Tried   []string
	Failed  bool
}

type realRule struct {
	Filter                 []string
	All                    bool
	Keep                   int64
	Reserved, Max, MinFree int64
}

func (r realRule) rule() policy.Rule {
	return policy.Rule{
		Filter: r.Filter, All: r.All, KeepDuration: time.Duration(r.Keep),
		ReservedSpace: bytes(r.Reserved), MaxUsedSpace: bytes(r.Max), MinFreeSpace: bytes(r.MinFree),
	}
}

type realRecord struct {
	ID, Type, Description, Pair                                string
	Parents                                                    []string
	Size, LastUsed                                             int64
	Uses                                                       int
	Mutable, Uncommitted, Inactive, InUse, Shared, UsesParents bool
}

// candidate returns the record with names from rename.
func (r realRecord) candidate(rename func(string) string) policy.Candidate {
	c := policy.Candidate{
		ID: rename(r.ID), Kind: policy.Build, Size: r.Size, InUse: r.InUse,
		Record: policy.Record{
			Type: policy.RecordType(r.Type), Description: r.Description, Uses: r.Uses, Shared: r.Shared,
			Mutable: r.Mutable, Uncommitted: r.Uncommitted, Inactive: r.Inactive, UsesParents: r.UsesParents,
		},
	}
	if r.LastUsed != 0 {
		c.LastUsed = time.Unix(0, r.LastUsed)
	}
	for _, p := range r.Parents {
		c.Parents = append(c.Parents, rename(p))
	}
	return c
}

// readLines decodes a compressed file of JSON lines.
func readLines[T any](t *testing.T, path string) (list []T) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bufio.NewReader(unzipped)); d.More(); {
		var item T
		if err := d.Decode(&item); err != nil {
			t.Fatalf("%s: line %d: %v", path, len(list)+1, err)
		}
		list = append(list, item)
	}
	return list
}

// golden compares text with a file, or rewrites the file.
func golden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s has other text; -update rewrites it. Now:\n%s", path, text)
	}
}

// A realCache is the cache of a recorded prune, as a node. Removals free no bytes during the prune: BuildKit collects
// garbage after the last rule.
type realCache struct {
	policy.Shelf
	free  int64
	pairs map[string]string // records with the same data
	tried []string          // removed, or to be removed
}

// newRealCache returns the cache before a prune, with names from rename.
func newRealCache(free int64, p realPrune, rename func(string) string) *realCache {
	c := &realCache{free: free, pairs: map[string]string{}}
	c.Refuse = func(id string) error {
		if slices.ContainsFunc(p.Refuse, func(refused string) bool { return rename(refused) == id }) {
			return errStuck
		}
		return nil
	}
	for _, r := range p.Records {
		c.Items = append(c.Items, r.candidate(rename))
		if r.Pair != "" {
			c.pairs[rename(r.ID)] = rename(r.Pair)
		}
	}
	return c
}

// Disk implements [policy.Node].
func (c *realCache) Disk() (capacity, free int64) { return 0, c.free }

// Remove implements [policy.Node]. It removes both records of a pair.
func (c *realCache) Remove(id string) error {
	c.tried = append(c.tried, id)
	if err := c.Refuse(id); err != nil {
		return err
	}
	if pair := c.pairs[id]; pair != "" {
		c.Items = slices.DeleteFunc(c.Items, func(r policy.Candidate) bool { return r.ID == pair })
	}
	return c.Shelf.Remove(id)
}

// A pruned result is the outcome of a prune.
type pruned struct {
	tried  []string
	failed bool
}

// policy returns the policy buildkit with the rules of the cache.
func (h realHistory) policy(t *testing.T) policy.Policy {
	t.Helper()
	var rules []policy.Rule
	for _, r := range h.Rules {
		rules = append(rules, r.rule())
	}
	b, err := policy.NewBuildkit(rules...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// inOrder renames records so that removed ones have IDs in the order in which the manager removed them.
func (h realHistory) inOrder() func(id string) string {
	var order []string
	for _, p := range h.Prunes {
		order = append(order, p.Tried...)
	}
	return func(id string) string {
		if at := slices.Index(order, id); at >= 0 {
			return fmt.Sprintf("%04d", at)
		}
		return "kept-" + id
	}
}

// replay lets one policy prune a recorded cache as often as the manager did. It returns the results with the recorded
// names.
func (h realHistory) replay(t *testing.T, b policy.Policy, rename func(string) string) (results []pruned) {
	t.Helper()
	for _, p := range h.Prunes {
		names := map[string]string{}
		for _, r := range p.Records {
			names[rename(r.ID)] = r.ID
		}
		cache := newRealCache(h.Free, p, rename)
		err := b.Release(time.Unix(0, p.Now), cache)
		if err != nil && !errors.Is(err, errStuck) {
			t.Fatalf("cache %s: %v", h.Name, err)
		}
		result := pruned{failed: err != nil}
		for _, id := range cache.tried {
			result.tried = append(result.tried, names[id])
		}
		results = append(results, result)
	}
	return results
}

// TestBuildkitEqualsTheCacheManager gives recorded caches to the policy, and compares the removed records and their
// order. The manager breaks ties by the order of a Go map, the policy by ID. So the test renames the records: removed
// records have IDs in the order in which the manager removed them. The results are equal if and only if the manager
// always removes a record that the policy may remove, and stops where the policy stops.
func TestBuildkitEqualsTheCacheManager(t *testing.T) {
	counts := map[string]int{}
	for _, h := range readLines[realHistory](t, filepath.Join("testdata", "buildkit", "caches.jsonl.gz")) {
		results := h.replay(t, h.policy(t), h.inOrder())
		byID := h.replay(t, h.policy(t), func(id string) string { return id })
		for i, p := range h.Prunes {
			if got := results[i]; !slices.Equal(got.tried, p.Tried) || got.failed != p.Failed {
				t.Errorf("cache %s, prune %d: removed\n%q, failed %t, want\n%q, failed %t", h.Name, i+1, got.tried, got.failed, p.Tried, p.Failed)
			}
			p.count(counts, byID[i].tried)
		}
		counts["caches"]++
		for _, r := range h.Rules {
			if r.MinFree > 0 {
				counts["caches with minfree"]++
				break
			}
		}
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&text, "%-50s %6d\n", name, counts[name])
	}
	t.Logf("\n%s", &text)
	golden(t, filepath.Join("testdata", "buildkit", "summary.txt"), text.String())
}

// count counts a prune, and the records before it. ByID has the removals of the policy with the recorded IDs.
func (p realPrune) count(counts map[string]int, byID []string) {
	counts["prunes"]++
	counts["removals"] += len(p.Tried)
	switch {
	case slices.Equal(p.Tried, byID):
		counts["prunes, ties by ID: same order"]++
	case slices.Equal(slices.Sorted(slices.Values(p.Tried)), slices.Sorted(slices.Values(byID))):
		counts["prunes, ties by ID: same set"]++
	default:
		counts["prunes, ties by ID: other set"]++
	}
	if p.Failed {
		counts["prunes that failed"]++
	}
	for _, r := range p.Records {
		counts["records"]++
		for name, is := range map[string]bool{
			"in use": r.InUse, "inactive": r.Inactive, "never used": r.LastUsed == 0, "shared": r.Shared,
			"uncommitted": r.Uncommitted, "uses parents": r.UsesParents, "several parents": len(r.Parents) > 1,
		} {
			if is {
				counts["records, "+name]++
			}
		}
	}
}

// TestDefaultRulesEqualThoseOfTheBuilders compares each set of default rules, for disks of several sizes, with the
// results of the builders' own code in the first and last version.
func TestDefaultRulesEqualThoseOfTheBuilders(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "buildkit", "rules.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compared := map[string]int{}
	for d := json.NewDecoder(file); d.More(); {
		var real struct {
			Name, Version string
			Capacity      int64
			Rules         []realRule
		}
		if err := d.Decode(&real); err != nil {
			t.Fatal(err)
		}
		compared[real.Name]++
		rules, err := policy.DefaultRules(real.Name, real.Capacity)
		if err != nil {
			t.Fatal(err)
		}
		var want []policy.Rule
		for _, r := range real.Rules {
			want = append(want, r.rule())
		}
		if !reflect.DeepEqual(rules, want) {
			t.Errorf("%s %s on %d bytes:\n%+v, want\n%+v", real.Name, real.Version, real.Capacity, rules, want)
		}
		if doc := defaultsDoc(t); !strings.Contains(doc, strings.TrimSuffix(real.Version, "+incompatible")) {
			t.Errorf("the description of defaults does not name %s: %s", real.Version, doc)
		}
	}
	for _, name := range []string{"buildkitd", "buildkitd-before-2026-06", "dockerd", "dockerd-before-2026-06", "dockerd-before-2025-10"} {
		if compared[name] < 2 {
			t.Errorf("%s was compared %d times", name, compared[name])
		}
	}
	t.Logf("compared: %v", compared)
}

// defaultsDoc returns the description of buildkit's parameter defaults.
func defaultsDoc(t *testing.T) string {
	t.Helper()
	for _, k := range policy.Kinds() {
		for _, p := range k.Params {
			if k.Name == "buildkit" && p.Key == "defaults" {
				return p.Doc
			}
		}
	}
	t.Fatal("buildkit has no parameter defaults")
	return ""
}
