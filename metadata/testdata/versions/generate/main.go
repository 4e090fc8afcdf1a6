// Command generate regenerates the databases of this folder, collects them with every version of containerd, and
// records the nodes that each version removed.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var versions = []string{"1.6", "1.7", "2.0", "2.1", "2.2", "2.3", "2.4"}

// Case is one database that every version collects at the same time.
type Case struct {
	Database string              `json:"database"` // in databases.tar.gz, or fixtures/NAME
	Now      time.Time           `json:"now"`
	Removed  map[string][]string `json:"removed,omitempty"` // by version: sorted node names
	Digest   map[string]string   `json:"digest,omitempty"`  // instead of a long list
	After    map[string]string   `json:"after"`             // by version: hash of the database after the collection
	Error    map[string]string   `json:"error,omitempty"`   // by version: error of Init or GarbageCollect

	path string
}

// long is the largest number of removed nodes that a case lists; longer lists are replaced by a digest.
const long = 2000

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("generate: ", err)
	}
}

// run must be called in the folder of this program.
func run() error {
	dir, err := os.MkdirTemp("", "versions")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cases, err := made(dir)
	if err != nil {
		return err
	}
	if err := pack(dir, "../databases.tar.gz"); err != nil {
		return err
	}
	fixtures, err := fixtureCases(dir)
	if err != nil {
		return err
	}
	cases = append(cases, fixtures...)
	for _, version := range versions {
		if err := collect(dir, version, cases); err != nil {
			return fmt.Errorf("containerd %s: %w", version, err)
		}
	}
	if err := checkFixtures(cases); err != nil {
		return err
	}
	if err := os.WriteFile("../summary.txt", summary(cases), 0o644); err != nil {
		return err
	}
	shorten(cases)
	var out bytes.Buffer
	for _, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	return writeGzip("../cases.jsonl.gz", func(w io.Writer) error {
		_, err := w.Write(out.Bytes())
		return err
	})
}

// made writes the random and the named databases.
func made(dir string) ([]*Case, error) {
	var cases []*Case
	add := func(name string, t tree, pageSize int, times ...time.Duration) error {
		path := filepath.Join(dir, name+".db")
		for _, after := range times {
			cases = append(cases, &Case{Database: name + ".db", Now: base.Add(after), path: path})
		}
		if err := t.write(path, pageSize); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		times := []time.Duration{0, 96 * time.Hour}
		if aboutTime[name] {
			times = append(times, 1, -time.Hour)
		}
		if err := add(name, named[name](), 4096, times...); err != nil {
			return nil, err
		}
	}
	for i := range 105 {
		for schema := 3; schema <= 4; schema++ {
			name := fmt.Sprintf("random-%d-%03d", schema, i)
			pageSize := []int{1024, 2048, 4096}[i%3]
			if err := add(name, randomDatabase(uint64(i), schema), pageSize, 0, 36*time.Hour); err != nil {
				return nil, err
			}
		}
	}
	return cases, nil
}

// collect collects every case with one version.
func collect(dir, version string, cases []*Case) error {
	type job struct {
		Database string    `json:"database"`
		Now      time.Time `json:"now"`
	}
	var results []struct {
		Removed      []string
		After, Error string
	}
	jobs := make([]job, len(cases))
	for i, c := range cases {
		jobs[i] = job{c.path, c.Now}
	}
	jobsFile, resultsFile := filepath.Join(dir, "jobs.json"), filepath.Join(dir, "results.json")
	data, err := json.Marshal(jobs)
	if err != nil {
		return err
	}
	if err := os.WriteFile(jobsFile, data, 0o644); err != nil {
		return err
	}
	runner := exec.Command("go", "test", "-count=1", ".", "-args", "-jobs", jobsFile, "-results", resultsFile)
	runner.Dir = filepath.Join("..", "runner", version)
	if output, err := runner.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	if data, err = os.ReadFile(resultsFile); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &results); err != nil {
		return err
	}
	for i, r := range results {
		c := cases[i]
		if c.Removed == nil {
			c.Removed, c.After, c.Error = map[string][]string{}, map[string]string{}, map[string]string{}
		}
		c.Removed[version], c.After[version] = r.Removed, r.After
		if r.Error != "" {
			c.Error[version] = r.Error
		}
	}
	return nil
}

// shorten replaces long lists of nodes by their digest.
func shorten(cases []*Case) {
	for _, c := range cases {
		for _, version := range versions {
			if removed := c.Removed[version]; len(removed) > long {
				if c.Digest == nil {
					c.Digest = map[string]string{}
				}
				sum := sha256.Sum256([]byte(strings.Join(removed, "\n")))
				c.Digest[version] = fmt.Sprintf("%d %s", len(removed), hex.EncodeToString(sum[:]))
				delete(c.Removed, version)
			}
		}
	}
}

// pack writes the databases of dir to one archive. Equal databases give equal bytes.
func pack(dir, to string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		return err
	}
	return writeGzip(to, func(w io.Writer) error {
		archive := tar.NewWriter(w)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if err := archive.WriteHeader(&tar.Header{Name: filepath.Base(name), Mode: 0o644, Size: int64(len(data))}); err != nil {
				return err
			}
			if _, err := archive.Write(data); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

func writeGzip(to string, write func(io.Writer) error) error {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
