package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const fixturesDir = "../../fixtures"

// fixture is the recorded state of a real daemon and the result of its collection.
type fixture struct {
	Removed     []string            `json:"removed"`
	CollectedBy string              `json:"collected_by"`
	Now         time.Time           `json:"gc_time"`
	RemovedAt   map[string][]string `json:"-"` // by 2.4, at additional times
}

func readFixture(name string) (f fixture, err error) {
	dir := filepath.Join(fixturesDir, name)
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("%s: %w", name, err)
	}
	var other struct {
		At map[string][]string `json:"removed_at"`
	}
	data, err = os.ReadFile(filepath.Join(dir, "expected_at.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &other)
	}
	f.RemovedAt = other.At
	return f, err
}

// fixtureCases returns every fixture at the time of its collection and at additional times.
func fixtureCases(dir string) ([]*Case, error) {
	found, err := filepath.Glob(filepath.Join(fixturesDir, "*", "before.db.gz"))
	if err != nil {
		return nil, err
	}
	var cases []*Case
	for _, compressed := range found {
		name := filepath.Base(filepath.Dir(compressed))
		f, err := readFixture(name)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, "fixture-"+name)
		if err := unpack(compressed, path); err != nil {
			return nil, fmt.Errorf("%s: %w", compressed, err)
		}
		times := []time.Time{f.Now}
		if !strings.HasPrefix(name, "v2") && !strings.HasPrefix(name, "up") { // files of other tests
			times = append(times, f.Now.Add(-2*time.Hour), f.Now.Add(25*time.Hour), f.Now.Add(96*time.Hour), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
			for text := range f.RemovedAt {
				at, err := time.Parse(time.RFC3339Nano, text)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				times = append(times, at)
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		for _, now := range slices.CompactFunc(times, time.Time.Equal) {
			cases = append(cases, &Case{Database: "fixtures/" + name, Now: now, path: path})
		}
	}
	return cases, nil
}

// checkFixtures compares the results of the versions' packages with the real daemons' collections.
func checkFixtures(cases []*Case) error {
	for _, c := range cases {
		name, ok := strings.CutPrefix(c.Database, "fixtures/")
		if !ok {
			continue
		}
		f, err := readFixture(name)
		if err != nil {
			return err
		}
		if version := f.CollectedBy[:3]; c.Now.Equal(f.Now) && !slices.Equal(c.Removed[version], f.Removed) {
			return fmt.Errorf("%s: containerd %s removed %d nodes, not the %d that the daemon removed", name, version, len(c.Removed[version]), len(f.Removed))
		}
		for text, removed := range f.RemovedAt {
			if at, err := time.Parse(time.RFC3339Nano, text); err != nil || at.Equal(c.Now) && !slices.Equal(c.Removed["2.4"], removed) {
				return fmt.Errorf("%s: not what expected_at.json says of %s (%v)", name, text, err)
			}
		}
	}
	return nil
}

func unpack(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
