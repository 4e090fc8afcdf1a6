package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

func eventsVerb(c *console) *cobra.Command {
	v := &conversion{console: c}
	cmd := &cobra.Command{
		Use:   "events EVENTS",
		Short: "Convert the output of `ctr events` to a trace",
		Long: `Events converts the unedited output of "ctr events" to a trace: "holdfast replay" runs it, and
"holdfast compare --trace" takes it as load. It prints the facts in the events, the assumptions made
from them, and the facts that events do not carry: leases, labels, targets of images, and the times of
collections.

EVENTS is a file with that output, plain or compressed with gzip, or - for standard input. It may come
from containerd 1.6 or 2.x. Version 1.6 sends no events for new content and for removals by collections.

--before META.DB is a copy of the database from before the first event, made when the recording began.
Without it the trace starts with an empty node, and creates objects when the events first need them.

--snapshot TIME=META.DB is a copy of the database from TIME, made while the recording ran; repeat the
flag for several. A copy has everything that events lack at that time: leases, labels, targets, uploads. It
also tells about the time before: when its leases and, for 1.6, its content were created, and that the
objects in it existed since their last event. From TIME on the trace has exactly the objects of the copy.
TIME is as in 2006-01-02T15:04:05Z, or as ctr events prints it; seconds are enough, since the time of the
copy is moved by up to 3 s to where it agrees best with the events. Copies improve the contents of the
trace. For the times of collections, use --log.

--log CONTAINERD.LOG is the daemon's log of the same time, in text format, plain or compressed with
gzip; lines may begin with the prefix of journald. It has the time of each collection and the blobs that
it removed. In config.toml, [debug] level must be "trace" for containerd 2.x, and "debug" for 1.x.`,
		Example: `  ctr events > events.log
  holdfast events events.log
  holdfast events events.log --before meta.db -o trace.jsonl
  holdfast events events.log --before meta.db --snapshot 2026-11-22T12:05:00Z=1205.db --snapshot 2026-11-22T12:10:00Z=1210.db
  holdfast compare --trace trace.jsonl`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return v.run(args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&v.before, "before", "", "start with the objects of the database `META.DB`")
	f.StringArrayVar(&v.snapshots, "snapshot", nil, "use a copy of the database from the recording's time, `TIME=META.DB`")
	f.StringVar(&v.log, "log", "", "take the collections from the daemon's log `CONTAINERD.LOG`")
	f.StringVarP(&v.output, "output", "o", "", "write the trace to `TRACE`, or to standard output for -")
	jsonFlag(cmd, &v.asJSON)
	return cmd
}

// A conversion is one run of the verb.
type conversion struct {
	*console
	before, output, log string
	snapshots           []string // TIME=META.DB
	asJSON              bool
}

// eventsAnswer is the JSON answer of the verb.
type eventsAnswer struct {
	Version int `json:"version"`
	*recorded.Summary
	Before int `json:"before"` // Ops that create the objects of --before
	Ops    int `json:"ops"`    // Ops that the events were converted to
}

// eventsVersion is the version of the JSON answer.
const eventsVersion = 1

func (v *conversion) run(path string) error {
	if v.log == stdinName {
		return fmt.Errorf("--log: must be a file; standard input is for EVENTS")
	}
	if path == stdinName && v.before == stdinName {
		return fmt.Errorf("EVENTS and --before: only one of them can be standard input")
	}
	if v.output != "" {
		if err := v.check(output{flag: "-o", name: v.output}); err != nil {
			return err
		}
	}
	in, err := v.openText(path)
	if err != nil {
		return err
	}
	defer in.Close()
	events, err := recorded.Read(in)
	if err != nil {
		return &fileError{fmt.Errorf("%s: %w", path, err)}
	}
	var o recorded.Options
	if v.before != "" {
		if o.Before, err = v.openNode(v.before); err != nil {
			return err
		}
	}
	for _, text := range v.snapshots {
		c, err := v.openCopy(text)
		if err != nil {
			return err
		}
		o.Copies = append(o.Copies, c)
	}
	if v.log != "" {
		if o.Log, err = v.readLog(); err != nil {
			return err
		}
	}
	trace, err := recorded.Interpret(events, o)
	if err != nil {
		return &fileError{fmt.Errorf("%s: %w", path, err)}
	}
	if v.output != "" {
		if err := v.writeTo(v.output, func(w io.Writer) error { return trace.Write(w) }); err != nil {
			return err
		}
	}
	if v.asJSON {
		return v.printJSON(eventsAnswer{eventsVersion, &trace.Summary, len(trace.Before), len(trace.Steps)})
	}
	v.print(trace)
	return nil
}

// copyTimes are the accepted forms of the time of a copy: RFC 3339, and that of ctr events.
var copyTimes = []string{time.RFC3339, "2006-01-02 15:04:05 -0700 MST", "2006-01-02 15:04:05 -0700"}

// openCopy opens the database of a value of --snapshot.
func (v *conversion) openCopy(text string) (c recorded.Copy, err error) {
	when, path, ok := strings.Cut(text, "=")
	if !ok || path == "" || path == stdinName {
		return c, fmt.Errorf("--snapshot %q: must be TIME=META.DB, such as 2006-01-02T15:04:05Z=meta.db", text)
	}
	for _, form := range copyTimes {
		if c.Time, err = time.Parse(form, when); err == nil {
			break
		}
	}
	if err != nil {
		return c, fmt.Errorf("--snapshot %q: time %q: must be such as 2006-01-02T15:04:05Z", text, when)
	}
	if c.Node, err = v.openNode(path); err != nil {
		return c, fmt.Errorf("--snapshot %s: %w", when, err)
	}
	return c, nil
}

// readLog reads the log of --log.
func (v *conversion) readLog() (*recorded.Log, error) {
	in, err := v.openText(v.log)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	log, err := recorded.ReadLog(in)
	if err != nil {
		return nil, &fileError{fmt.Errorf("--log %s: %w", v.log, err)}
	}
	return log, nil
}

// print prints the summary of a conversion.
func (v *conversion) print(trace *recorded.Trace) {
	s := &trace.Summary
	v.line(bold, "%s, converted to %s.", plural(s.Events, "event", "events"), plural(len(trace.Steps), "call", "calls"))
	if n := len(trace.Before); n > 0 {
		v.line("", "%s before them create the objects of %s.", plural(n, "call", "calls"), v.before)
	}
	v.blank()
	t := newTable("TOPIC", ">EVENTS")
	for _, topic := range slices.Sorted(maps.Keys(s.Topics)) {
		t.add(topic, humanCount(s.Topics[topic]))
	}
	v.console.print(t, "  ")

	v.counts("Facts", []labelledCount{
		{s.Namespaces, "namespaces created"}, {s.Images, "image records created"}, {s.Containers, "containers created"},
		{s.Snapshots, "snapshots created"}, {s.Blobs, "blobs committed"},
	})
	v.counts("Assumptions", []labelledCount{
		{s.Pulls, "pulls: events that appear to come from one call under its own lease"},
		{s.Abandoned, "pulls without an image record: their lease stays for 24 h, unless a copy of the database lacks it"},
		{s.Tags, "image records without content: tags of the repository's latest image"},
		{s.Targetless, "of these without any image in their repository"},
		{s.Waited, "deletions of images by CRI, which waits for a collection"},
		{s.Collected, "removals of snapshots by collections, not by clients: nothing held the snapshot, or it is a layer's"},
		{s.Implied, "snapshots without an event, created when first needed"},
		{s.Implicit, "namespaces without an event, created with their first object"},
	})
	v.counts("Signs of calls without events", []labelledCount{
		{s.Recreated, "blobs committed again, after a collection removed them"},
		{s.Unseen, "removals of objects without a create event, such as views"},
		{s.LostExits, "started tasks without an exit event"},
		{s.LostTasks, "started tasks without a delete event"},
	})
	v.confidence(s.Confidence)
	v.corrections(s.Corrections)
	v.blank()
	between := ""
	if len(s.Corrections) > 0 {
		between = " between the copies"
	}
	v.line("", "Unknown%s: leases, labels of content and snapshots, targets of images, uploads, views, sandboxes,", between)
	if v.log == "" {
		v.line("", "sizes of snapshots, the other times of collections, and the content that they removed (--log has them).")
	} else {
		v.line("", "and sizes of snapshots.")
	}
	if !s.TellsBlobs {
		v.line(yellow, "The events name no content, as with containerd 1.6: the contents of images are unknown.")
	}
	if !s.TellsRemovals {
		v.line(yellow, "The events name no removals by collections, as with containerd 1.6.")
	}
	if v.output == "" {
		v.line(dim, "-o TRACE writes the trace, for holdfast replay and holdfast compare --trace.")
	}
}

// confidence prints how sure the conversion is of its inferences.
func (v *conversion) confidence(c recorded.Confidences) {
	v.blank()
	v.line("", "Confidence:")
	t := newTable("INFERENCE", ">CERTAIN", ">LIKELY", ">GUESSED")
	for _, row := range []struct {
		recorded.Confidence
		label string
	}{
		{c.Collections, "times of collections"}, {c.Removals, "client or collection removed a snapshot"},
		{c.Blobs, "namespace of a blob that a collection removed"}, {c.Targets, "targets of image records"}, {c.Leases, "leases of pulls"},
	} {
		if row.Confidence != (recorded.Confidence{}) {
			t.add(row.label, humanCount(row.Certain), humanCount(row.Likely), humanCount(row.Guessed))
		}
	}
	v.console.print(t, "  ")
}

// corrections prints the differences at the times of the copies.
func (v *conversion) corrections(list []recorded.Correction) {
	if len(list) == 0 {
		return
	}
	v.blank()
	v.line("", "Copies of the database, against the state assumed just before them:")
	t := newTable("TIME", ">OBJECTS", ">ADDED", ">REMOVED", ">CHANGED")
	contradicted := false
	for _, c := range list {
		at := c.Given.Format(time.RFC3339Nano)
		if by := c.At.Sub(c.Given); by != 0 {
			at += fmt.Sprintf(" %+.3fs", by.Seconds())
		}
		t.add(at, humanCount(c.Objects), humanCount(c.Added), humanCount(c.Removed), humanCount(c.Changed))
		contradicted = contradicted || c.Contradicted > 0
	}
	v.console.print(t, "  ")
	if !contradicted {
		return
	}
	for _, c := range list {
		if c.Contradicted > 0 {
			v.line(yellow, "The copy of %s contradicts the events in %s.", c.Given.Format(time.RFC3339Nano),
				plural(c.Contradicted, "image record or container", "image records and containers"))
		}
	}
	v.line(yellow, "Check its time and that it is of the same node: otherwise the recording has gaps.")
}

// A labelledCount is a number with its meaning.
type labelledCount struct {
	n     int
	label string
}

// counts prints the numbers other than 0.
func (v *conversion) counts(title string, list []labelledCount) {
	list = slices.DeleteFunc(list, func(c labelledCount) bool { return c.n == 0 })
	if len(list) == 0 {
		return
	}
	v.blank()
	v.line("", "%s:", title)
	t := newTable(">", "")
	t.bare = true
	for _, c := range list {
		t.add(humanCount(c.n), c.label)
	}
	v.console.print(t, "  ")
}
