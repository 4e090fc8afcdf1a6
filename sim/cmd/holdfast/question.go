package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// A question holds the flags that verbs share which ask about a collection: its time, the daemon's version, and the
// sizes of snapshots.
type question struct {
	at         string
	containerd string
	usage      string
	disk       disk
	measure    bool
}

func (q *question) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&q.at, "at", "", "assume that the collection runs at `TIME` (RFC 3339; default: now)")
	f.StringVar(&q.containerd, "containerd", "",
		"apply the rules of containerd `VERSION`, from 1.6 to 2.4\n(default: the newest that writes the database's schema)")
	f.StringVar(&q.usage, "usage", "", "read the sizes of snapshots from `FILE`: lines of SNAPSHOTTER KEY BYTES,\nor the output of ctr snapshots usage")
	complete(cmd, "containerd", versionNames()...)
}

// addDiskFlags adds the flags of verbs that also look at the node's directory.
func (q *question) addDiskFlags(cmd *cobra.Command) {
	q.disk.addFlags(cmd)
	cmd.Flags().BoolVar(&q.measure, "measure", false, "walk the directories of active snapshots, whose size is recorded nowhere")
}

// options parses the flags and reads the file of --usage.
func (q *question) options() (o examine.Options, err error) {
	o.At = systemTime()
	if q.at != "" {
		if o.At, err = time.Parse(time.RFC3339, q.at); err != nil {
			return o, fmt.Errorf("--at %q: must be a time such as 2006-01-02T15:04:05Z", q.at)
		}
	}
	if q.containerd != "" {
		if o.Containerd, err = metadata.ParseVersion(q.containerd); err != nil {
			return o, fmt.Errorf("--containerd: %w", err)
		}
	}
	if q.usage != "" {
		if o.Usage, err = readUsage(q.usage); err != nil {
			return o, &fileError{err}
		}
	}
	return o, nil
}

func readUsage(path string) (*examine.Usage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	u, err := examine.ReadUsage(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return u, nil
}

// printBasis prints the assumptions of an answer that the user has not stated.
func (c *console) printBasis(b *examine.Basis) {
	c.blank()
	switch known := len(metadata.VersionsOf(b.Schema)) > 0; {
	case b.Assumed && known:
		c.line(dim, "Assumed: containerd %s, the newest that writes schema %d.", b.Containerd, b.Schema)
	case b.Assumed:
		c.line(dim, "Assumed: containerd %s; no known version writes schema %d.", b.Containerd, b.Schema)
	}
	if b.MigratedTo != 0 {
		c.line(dim, "The database has schema %d; containerd %s migrates it to %d before it collects.",
			b.Schema, b.Containerd, b.MigratedTo)
	}
	for _, note := range b.Notes {
		c.line(yellow, "Note: %s.", note)
	}
}

// printUnsized prints how many snapshots have no known size, and how to find it.
func (c *console) printUnsized(snapshots int) {
	if snapshots > 0 {
		c.line(dim, "Not counted: %s of unknown size. A root directory has the sizes of committed snapshots; --measure walks active ones.",
			plural(snapshots, "snapshot", "snapshots"))
	}
}
