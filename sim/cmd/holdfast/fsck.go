package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func fsckVerb(c *console) *cobra.Command {
	var (
		q       question
		root    string
		verbose bool
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "fsck META.DB",
		Short: "Check the database for faults",
		Long: `Fsck checks the pages of the file, the schema of its records, and whether each
reference names an object that exists. With --root it also compares the database
with the content store on disk, and reads the manifests of images.

It changes nothing. The exit code is 1 if there is an error or a warning.`,
		Example: `  holdfast fsck meta.db
  holdfast fsck meta.db --root /var/lib/containerd
  holdfast fsck meta.db --json | jq '.findings[] | select(.severity == "error")'`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			o := examine.FsckOptions{}
			var err error
			if o.Options, err = q.options(); err != nil {
				return err
			}
			if o.Blobs, err = contentStore(root); err != nil {
				return &fileError{err}
			}
			f, err := c.fsck(args[0], o)
			if err != nil {
				return err
			}
			return c.answer(f, asJSON, func() { c.printFindings(f, verbose) }, f.Serious())
		},
	}
	cmd.Flags().StringVar(&root, "root", "", "also check the content store below `DIR`, containerd's root directory")
	q.addFlags(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every finding")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// fsck checks the pages of a file and, if it is readable, its records.
func (c *console) fsck(path string, o examine.FsckOptions) (*examine.Fsck, error) {
	report, db, err := c.checkPages(path)
	if err != nil && len(report.Faults) == 0 {
		return nil, &fileError{err}
	}
	o.Pages = &report
	f, err := examine.Check(db, o)
	if err != nil {
		return nil, &fileError{err}
	}
	return f, nil
}

// checkPages checks the pages of a file and reads it. For a damaged file it returns a report with faults and an error.
func (c *console) checkPages(path string) (boltfile.Report, *memkv.DB, error) {
	if path != "-" {
		report, err := boltfile.Check(path)
		if err != nil {
			return report, nil, err
		}
		db, err := boltfile.Open(path)
		return report, db, err
	}
	data, err := io.ReadAll(c.in)
	if err != nil {
		return boltfile.Report{}, nil, err
	}
	report, err := boltfile.CheckReader(bytes.NewReader(data))
	if err != nil {
		return report, nil, err
	}
	db, err := boltfile.Read(bytes.NewReader(data))
	return report, db, err
}

// contentStore opens the content store below containerd's root directory, or in root itself if root has a folder
// "blobs". It returns nil for "".
func contentStore(root string) (examine.Blobs, error) {
	if root == "" {
		return nil, nil
	}
	dir := filepath.Join(root, "io.containerd.content.v1.content")
	if _, err := os.Stat(filepath.Join(root, "blobs")); err == nil {
		dir = root
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "read", Path: dir, Err: errors.New("not a directory")}
	}
	if err != nil {
		return nil, fmt.Errorf("--root: no content store: %w", err)
	}
	return examine.Dir(os.DirFS(dir)), nil
}

var severityStyles = map[examine.Severity]style{examine.Error: red, examine.Warning: yellow, examine.Info: dim}

// printFindings prints the findings grouped by check, with one explanation per check.
func (c *console) printFindings(f *examine.Fsck, verbose bool) {
	if len(f.Findings) == 0 {
		c.line(green, "No faults found.")
	} else {
		c.line(bold, "%s, %s, %s.", plural(f.Counts[examine.Error], "error", "errors"),
			plural(f.Counts[examine.Warning], "warning", "warnings"), plural(f.Counts[examine.Info], "remark", "remarks"))
	}
	for rest := f.Findings; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Check == rest[0].Check {
			n++
		}
		c.printCheck(rest[:n], verbose)
		rest = rest[n:]
	}
	if !f.ContentChecked {
		c.blank()
		c.line(dim, "The content store was not checked; --root DIR selects it.")
	}
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
	if more := len(findings) - shown; more > 0 {
		c.line(dim, "    and %s more (-v lists all)", humanCount(more))
	}
}
