package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// A question is what the flags say that most verbs have.
type question struct {
	at         string
	containerd string
	usage      string
}

func (q *question) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&q.at, "at", "", "collect at `TIME`, as RFC 3339 (default: now)")
	f.StringVar(&q.containerd, "containerd", "", "go by the rules of `VERSION` of containerd, from 1.6 to 2.4\n(default: the newest that matches the schema)")
	f.StringVar(&q.usage, "usage", "", "read the sizes of snapshots from `FILE`: lines of SNAPSHOTTER KEY BYTES")
	_ = cmd.RegisterFlagCompletionFunc("containerd", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, v := range metadata.Versions() {
			names = append(names, v.String())
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// options reads the flags, and the file that one of them names.
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
