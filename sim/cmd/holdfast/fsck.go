package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func fsckVerb(c *console) *cobra.Command {
	var (
		q       question
		verbose bool
		verify  bool
		failOn  string
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "fsck [META.DB|ROOT]",
		Short: "Check a node for faults",
		Long: `Fsck checks the pages of the file, the schema of its records, whether each reference
names an object that exists, and whether containers can be started from each image.
With the root directory of a node it also compares the metadata with the content store
and the snapshotters, and reads manifests and configurations. --verify compares the
content of every blob with its digest.

It changes nothing. The exit code is 1 if there is an error or a warning, with
--fail-on error only if there is an error. Parts that were not looked at are listed;
fsck says nothing about them.`,
		Example: `  holdfast fsck /var/lib/containerd
  holdfast fsck --verify
  holdfast fsck meta.db --root /mnt/node/var/lib/containerd
  holdfast fsck meta.db --json | jq '.findings[] | select(.severity == "error")'`,
		Args: argCount(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if failOn != string(examine.Error) && failOn != string(examine.Warning) {
				return fmt.Errorf("--fail-on %q: must be error or warning", failOn)
			}
			arg, _ := splitSource(args, 0)
			s, err := c.source(arg, q.disk)
			if err != nil {
				return err
			}
			f, err := c.fsck(s, &q, verify)
			if err != nil {
				return err
			}
			failed := f.Counts[examine.Error] > 0 || failOn == string(examine.Warning) && f.Serious()
			return c.answer(f, asJSON, func() { c.printFindings(f, s.path, verbose) }, failed)
		},
	}
	q.addFlags(cmd)
	q.addDiskFlags(cmd)
	cmd.Flags().BoolVar(&verify, "verify", false, "compare the content of every blob with its digest")
	cmd.Flags().StringVar(&failOn, "fail-on", string(examine.Warning), "exit with 1 from `SEVERITY` on: error or warning")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every finding, remarks too")
	jsonFlag(cmd, &asJSON)
	complete(cmd, "fail-on", string(examine.Error), string(examine.Warning))
	return cmd
}

// fsck checks the pages of a file and, if it is readable, its records and the node around it.
func (c *console) fsck(s source, q *question, verify bool) (*examine.Fsck, error) {
	o := examine.FsckOptions{Verify: verify, Context: c.ctx}
	var err error
	if o.Options, err = q.options(); err != nil {
		return nil, err
	}
	o.Disk, o.File, o.Root = s.disk, s.path, s.root
	if q.measure && s.disk != nil {
		if o.Usage == nil {
			o.Usage = examine.NewUsage()
		}
		o.Usage.AddDisk(s.disk)
		if err := c.measure(o.Usage, s.disk); err != nil {
			return nil, err
		}
	}
	state, err := c.checkPages(s)
	if err != nil {
		return nil, damaged(err)
	}
	o.Pages, o.Lost = &state.report, examine.LostParts(&state.salvage)
	p := newCountProgress(c.err, "verifying")
	o.Progress = func(done, all int64) { p.show(int(done), int(all), "") }
	if verify {
		defer c.ctrlC.graceful()()
	}
	f, err := examine.Check(state.db, o)
	p.end()
	if err != nil {
		return nil, &fileError{fmt.Errorf("%s: %w", s.path, err)}
	}
	f.Previous, f.OldRecords = state.previous, state.old
	return f, nil
}

// A fileState is the result of reading a file that may be damaged.
type fileState struct {
	report   boltfile.Report
	db       *memkv.DB         // everything that can be read; nil if nothing can
	salvage  boltfile.Salvage  // what cannot
	previous *examine.Previous // nil if the newest state is whole

	old *examine.OldRecords // nil if the file is whole, or in use
}

// checkPages checks the pages of a file and reads it as far as possible. A damaged file is no error.
func (c *console) checkPages(s source) (state fileState, err error) {
	files, path := s.files, s.path
	switch {
	case files != nil:
		path = s.disk.Database
	case path == stdinName:
		data, err := io.ReadAll(c.in)
		if err != nil {
			return state, err
		}
		return readState(
			func() (boltfile.Report, error) { return boltfile.CheckReader(bytes.NewReader(data)) },
			func(o ...boltfile.ReadOption) (*memkv.DB, error) { return boltfile.Read(bytes.NewReader(data), o...) },
			s.readOptions())
	}
	return readState(
		func() (boltfile.Report, error) {
			if files != nil {
				return boltfile.CheckFS(files, path)
			}
			return boltfile.Check(path)
		},
		func(o ...boltfile.ReadOption) (*memkv.DB, error) {
			if files != nil {
				return boltfile.OpenFS(files, path, o...)
			}
			return boltfile.Open(path, o...)
		},
		s.readOptions())
}

// readState checks and reads a file by two functions. Options of the user take precedence over salvage.
func readState(check func() (boltfile.Report, error), read func(...boltfile.ReadOption) (*memkv.DB, error), options []boltfile.ReadOption) (state fileState, err error) {
	if state.report, err = check(); err != nil {
		return state, err
	}
	if state.db, err = read(options...); err == nil {
		state.searchUnused(read, options)
		return state, nil
	}
	if len(state.report.Faults) == 0 {
		return state, err
	}
	salvage := boltfile.WithSalvage(&state.salvage)
	if state.db, err = read(salvage); err != nil {
		return state, nil // the report has the faults
	}
	before, err := read(boltfile.WithPrevious())
	state.previous = examine.ComparePrevious(state.db, before, err)
	state.searchUnused(read, []boltfile.ReadOption{salvage})
	return state, nil
}

// searchUnused counts the records in unused pages if records may be lost. A file in use cannot be searched.
func (s *fileState) searchUnused(read func(...boltfile.ReadOption) (*memkv.DB, error), options []boltfile.ReadOption) {
	if !examine.MayLose(s.report.Faults) {
		return
	}
	found := examine.NewScavenge()
	if db, err := read(append(slices.Clip(options), boltfile.WithScavenge(found))...); err == nil {
		s.old, _ = examine.CountOldRecords(db, &s.salvage, found)
	}
}

var severityStyles = map[examine.Severity]style{examine.Error: red, examine.Warning: yellow, examine.Info: dim}

// printFindings prints the findings of the file at path, grouped by check and remedy, with one explanation per group.
// Remarks are only counted, unless verbose is set: they are usual on a healthy node.
func (c *console) printFindings(f *examine.Fsck, path string, verbose bool) {
	failures, warnings, remarks := f.Counts[examine.Error], f.Counts[examine.Warning], f.Counts[examine.Info]
	switch {
	case failures+warnings > 0:
		c.line(bold, "%s, %s.", plural(failures, "error", "errors"), plural(warnings, "warning", "warnings"))
	case len(f.NotChecked) == 0:
		c.line(green, "No fault in the metadata, the content and the snapshotters.")
	default:
		c.line(green, "No fault in the parts that were looked at.")
	}
	c.printDamage(f)
	c.printOldRecords(f.OldRecords, path)
	for rest := byRemedy(f.Findings); len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Check == rest[0].Check && rest[n].Do == rest[0].Do {
			n++
		}
		if verbose || rest[0].Severity != examine.Info {
			c.printCheck(rest[:n], verbose)
		}
		rest = rest[n:]
	}
	if remarks > 0 && !verbose {
		c.blank()
		c.line(dim, "%s on usual facts (-v lists them).", plural(remarks, "remark", "remarks"))
	}
	if len(f.NotChecked) > 0 {
		c.blank()
		c.line(yellow, "Not looked at:")
		for _, part := range f.NotChecked {
			c.line("", "  %s", part)
		}
	}
}

// byRemedy moves the findings of each check that have the same remedy together.
func byRemedy(findings []examine.Finding) []examine.Finding {
	sorted := slices.Clone(findings)
	for from := 0; from < len(sorted); {
		to := from
		for to < len(sorted) && sorted[to].Check == sorted[from].Check {
			to++
		}
		slices.SortStableFunc(sorted[from:to], func(a, b examine.Finding) int { return strings.Compare(a.Do, b.Do) })
		from = to
	}
	return sorted
}

func (c *console) printCheck(findings []examine.Finding, verbose bool) {
	first := findings[0]
	c.blank()
	c.line(severityStyles[first.Severity], "%s %s (%s)", first.Severity, first.Check, humanCount(len(findings)))
	c.line("", "  Means: %s.", first.Means)
	c.line("", "  Do:    %s.", first.Do)
	shown := len(findings)
	if !verbose && shown > listedMax {
		shown = listedMax
	}
	t := newTable("", "")
	t.bare = true
	for _, f := range findings[:shown] {
		t.add(f.Node, cell{f.Detail, dim})
	}
	c.print(t, "    ")
	for _, f := range findings[:shown] {
		for _, command := range f.Commands {
			c.line("", "      %s", command)
		}
	}
	if more := len(findings) - shown; more > 0 {
		c.line(dim, "    and %s more (-v lists all)", humanCount(more))
	}
}
