package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

func collectFilesVerb(c *console) *cobra.Command {
	var (
		parts disk
		out   string
	)
	cmd := &cobra.Command{
		Use:   "collect-files [ROOT] -o NODE.TAR.GZ",
		Short: "Pack the databases of a node for a look elsewhere",
		Long: `Collect-files packs the metadata database of a node and the databases of its
snapshotters into one file. It holds names, labels and sizes, but no content of images
or containers. Every other verb takes the file in place of META.DB, and so does the page.`,
		Example: `  holdfast collect-files /var/lib/containerd -o node.tar.gz
  ssh node holdfast collect-files -o - > node.tar.gz
  holdfast top node.tar.gz`,
		Args: argCount(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("-o NODE.TAR.GZ is missing: it names the archive")
			}
			if err := c.check(output{"-o", out, true}); err != nil {
				return err
			}
			arg, _ := splitSource(args, 0)
			s, err := c.source(arg, parts)
			if err != nil {
				return err
			}
			if s.disk == nil || s.disk.Database == "" {
				return fmt.Errorf("%s: not the root directory of a node; a single file needs no archive", s.path)
			}
			var b bytes.Buffer
			if err := nodedir.WriteArchive(&b, s.disk); err != nil {
				return &fileError{err}
			}
			c.line(bold, "Wrote %s, %s.", outputName(out), humanBytes(int64(b.Len())))
			if out == stdinName {
				_, err = b.WriteTo(&c.data)
				return err
			}
			if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
				return &fileError{err}
			}
			return nil
		},
	}
	parts.addFlags(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the archive to `NODE.TAR.GZ`, or to standard output for -")
	return cmd
}
