package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// This file has the completion of values in the shell. A completion reads the databases of the command line, prints
// nothing, and completes nothing if they cannot be read.

// complete completes a flag with fixed values.
func complete(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// fileValues are the names of flags' values that are files, as the help text prints them.
var fileValues = []string{"FILE", "META.DB", "OUT.DB", "TRACE", "NODE.TAR.GZ"}

// directoryValues are the names of flags' values that are directories.
var directoryValues = []string{"DIR", "DIRECTORY"}

// completeRest sets the completions that follow from a verb's usage line and its flags: directories, files, or nothing
// for a number or a time.
func completeRest(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		completeRest(sub)
	}
	if cmd.ValidArgsFunction == nil {
		most := len(strings.Fields(cmd.Use)) - 1
		if at := slices.Index(strings.Fields(cmd.Use), "-o"); at > 0 {
			most = at - 1
		}
		cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) >= most {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		}
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := cmd.GetFlagCompletionFunc(f.Name); ok || f.Value.Type() == "bool" {
			return
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		switch value, _ := pflag.UnquoteUsage(f); {
		case slices.Contains(fileValues, value):
			directive = cobra.ShellCompDirectiveDefault
		case slices.Contains(directoryValues, value):
			directive = cobra.ShellCompDirectiveFilterDirs
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(nil, directive))
	})
}

func versionNames() (names []string) {
	for _, v := range metadata.Versions() {
		names = append(names, v.String())
	}
	return names
}

// completePolicy completes a policy of the verb compare, part by part, or the path of @FILE.
func completePolicy(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if path, ok := strings.CutPrefix(prefix, "@"); ok {
		return filesAfter("@", path)
	}
	return spec.Complete(append(schedule.Kinds(), policy.Kinds()...), prefix),
		cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeFaults completes the last fault of a list such as "crash=3,de".
func completeFaults(_ *cobra.Command, _ []string, prefix string) (list []string, _ cobra.ShellCompDirective) {
	before, last := prefix[:strings.LastIndex(prefix, ",")+1], prefix[strings.LastIndex(prefix, ",")+1:]
	names := sim.Faults()
	if before == "" {
		names = append(names, "none")
	}
	for _, name := range names {
		if strings.HasPrefix(name, last) {
			list = append(list, before+name)
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeSnapshotter completes the path in NAME=DIR.
func completeSnapshotter(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	name, path, ok := strings.Cut(prefix, "=")
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return filesAfter(name+"=", path)
}

// filesAfter completes a path behind a text for which the shell does not complete paths.
func filesAfter(before, path string) (list []string, _ cobra.ShellCompDirective) {
	matches, _ := filepath.Glob(path + "*")
	for _, match := range matches {
		list = append(list, before+match)
	}
	return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// A namePrefix is a prefix of names that stand for several nodes, for example "namespace/".
type namePrefix struct {
	prefix string
	names  func(db *memkv.DB) []string // the names after the prefix
}

var (
	namespaceNames = namePrefix{"namespace/", listNamespaces}
	holderNames    = namePrefix{"holder/", listHolders}

	whyPrefixes     = []namePrefix{namespaceNames}
	deletedPrefixes = []namePrefix{namespaceNames, holderNames}
)

// completeNode completes the arguments of a verb: a database or a root directory, then a node. Without a database the
// node is one of the root directory of --root, or of the only root of the machine. d is nil for a verb that requires a
// database.
func completeNode(c *console, d *disk, prefixes []namePrefix) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0 && d != nil && (prefix != "" || d.root != ""):
			if list, directive := nodesWith(c, "", *d, prefix, prefixes); len(list) > 0 {
				return list, directive
			}
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) > 1:
			return nil, cobra.ShellCompDirectiveNoFileComp
		case d == nil:
			d = &disk{}
		}
		return nodesWith(c, args[0], *d, prefix, prefixes)
	}
}

// completeDeleted completes a value of --delete.
func completeDeleted(c *console, d *disk) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return nodesWith(c, strings.Join(args[:min(len(args), 1)], ""), *d, prefix, deletedPrefixes)
	}
}

// nodesWith returns the nodes of a database whose names have a prefix.
func nodesWith(c *console, arg string, d disk, prefix string, prefixes []namePrefix) (list []string, directive cobra.ShellCompDirective) {
	directive = cobra.ShellCompDirectiveNoFileComp
	if arg == stdinName {
		return nil, directive
	}
	quiet := &console{ctx: c.ctx, in: c.in, err: io.Discard}
	s, err := quiet.source(arg, disk{root: d.root})
	if err != nil {
		return nil, directive
	}
	db, err := quiet.read(s)
	if err != nil {
		return nil, directive
	}
	names, err := examine.Names(db)
	if err != nil {
		return nil, directive
	}
	for _, p := range prefixes {
		switch {
		case strings.HasPrefix(prefix, p.prefix):
			for _, name := range p.names(db) {
				names = append(names, p.prefix+name)
			}
		case strings.HasPrefix(p.prefix, prefix):
			names = append(names, p.prefix)
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, prefix) && utf8.ValidString(name) && printable(name) == name {
			list = append(list, name)
		}
	}
	if len(list) > 0 && !slices.ContainsFunc(list, func(name string) bool { return !strings.HasSuffix(name, "/") }) {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return list, directive
}

// listNamespaces returns the names of all namespaces.
func listNamespaces(db *memkv.DB) (names []string) {
	_ = db.View(func(tx *memkv.Tx) error {
		v1 := tx.Bucket([]byte("v1"))
		if v1 == nil {
			return nil
		}
		return v1.ForEachBucket(func(name []byte) error {
			names = append(names, string(name))
			return nil
		})
	})
	return names
}

// listHolders returns the nodes of all holders.
func listHolders(db *memkv.DB) (names []string) {
	d, err := examine.Open(db, examine.Options{At: systemTime()})
	if err != nil {
		return nil
	}
	a, err := d.Account(examine.AccountOptions{})
	if err != nil {
		return nil
	}
	for _, h := range a.Holders {
		names = append(names, h.Nodes...)
	}
	slices.Sort(names)
	return names
}
