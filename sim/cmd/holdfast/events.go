package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

func eventsVerb(c *console) *cobra.Command {
	v := &eventsReading{console: c}
	cmd := &cobra.Command{
		Use:   "events EVENTS",
		Short: "Make a trace of what `ctr events` recorded",
		Long: `Events reads the output of "ctr events", untouched, and makes a trace of it that "holdfast replay" runs
and "holdfast compare --trace" takes as load. It says what the events tell, what was assumed, and what
they can't tell: leases, labels, what images point to, and when garbage was collected.

EVENTS is a file with that output, as it is or gzip'd, or - for standard input. Of containerd 1.6 and
2.x; 1.6 tells of no content that is made, and of nothing that collections remove.

--before META.DB is the database as it was before the first event: a copy made when the recording was
begun. Without it the trace begins on an empty node, and makes what the events take for granted.`,
		Example: `  ctr events > events.log
  holdfast events events.log
  holdfast events events.log --before meta.db -o trace.jsonl
  holdfast compare --trace trace.jsonl`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return v.run(args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&v.before, "before", "", "begin with what the database `META.DB` has")
	f.StringVarP(&v.output, "output", "o", "", "write the trace to `TRACE`")
	jsonFlag(cmd, &v.asJSON)
	return cmd
}

// An eventsReading is a run of the verb.
type eventsReading struct {
	*console
	before, output string
	asJSON         bool
}

// eventsRead is the answer as JSON.
type eventsRead struct {
	Version int `json:"version"`
	*recorded.Summary
	Before int `json:"before"` // Ops that make what was there before
	Ops    int `json:"ops"`    // made of the events
}

// eventsVersion is the version of the JSON shape.
const eventsVersion = 1

func (v *eventsReading) run(path string) error {
	if path == "-" && v.before == "-" {
		return fmt.Errorf("EVENTS and --before: only one of them can be standard input")
	}
	in, closed, err := v.trace(path)
	if err != nil {
		return err
	}
	defer closed()
	events, err := recorded.Read(in)
	if err != nil {
		return &fileError{fmt.Errorf("%s: %w", path, err)}
	}
	o, err := v.options()
	if err != nil {
		return err
	}
	trace, err := recorded.Interpret(events, o)
	if err != nil {
		return &fileError{fmt.Errorf("%s: %w", path, err)}
	}
	if v.output != "" {
		if err := writeTo(v.output, func(f *os.File) error { return trace.Write(f) }); err != nil {
			return err
		}
	}
	if v.asJSON {
		return v.printJSON(eventsRead{eventsVersion, &trace.Summary, len(trace.Before), len(trace.Steps)})
	}
	v.print(trace)
	return nil
}

// options opens the database, if there is one.
func (v *eventsReading) options() (o recorded.Options, err error) {
	var in io.Reader = v.in
	switch v.before {
	case "":
		return o, nil
	case "-":
		o.Before, err = engine.Read(in, engine.WithoutSchedule())
	default:
		o.Before, err = engine.Open(v.before, engine.WithoutSchedule())
	}
	if err != nil {
		return o, &fileError{fmt.Errorf("%s: %w", v.before, err)}
	}
	return o, nil
}

func (v *eventsReading) print(trace *recorded.Trace) {
	s := &trace.Summary
	v.line(bold, "%s, %s made of them.", plural(s.Events, "event", "events"), plural(len(trace.Steps), "call", "calls"))
	if n := len(trace.Before); n > 0 {
		v.line("", "%s before them make what %s has.", plural(n, "call", "calls"), v.before)
	}
	v.line("", "")
	t := newTable("TOPIC", ">EVENTS")
	for _, topic := range slices.Sorted(maps.Keys(s.Topics)) {
		t.add(topic, humanCount(s.Topics[topic]))
	}
	v.console.print(t, "  ")

	v.counts("What they tell for sure", []counted{
		{s.Namespaces, "namespaces made"}, {s.Images, "image records made"}, {s.Containers, "containers made"},
		{s.Snapshots, "snapshots made"}, {s.Blobs, "blobs committed"},
	})
	v.counts("What was assumed", []counted{
		{s.Pulls, "pulls: events that seem to come of one call, under a lease of its own"},
		{s.Abandoned, "such events of which no image record came: the lease of content stays, for 24 h"},
		{s.Tags, "image records without content: tags of the latest image of that repository"},
		{s.Targetless, "of them with no image that they could be a tag of"},
		{s.Implied, "snapshots that were taken for granted: made when first needed"},
		{s.Implicit, "namespaces that nobody made: made by what is in them"},
	})
	v.counts("What shows that more happened", []counted{
		{s.Recreated, "blobs committed again: a collection had removed them"},
		{s.Unseen, "removals of what was never seen made, such as views"},
		{s.LostExits, "tasks started whose exit was not told"},
		{s.LostTasks, "tasks started whose deletion was not told"},
	})
	v.line("", "")
	v.line("", "What they can't tell: leases, labels of content and snapshots, what images point to, uploads,")
	v.line("", "views, sandboxes, sizes of snapshots, and when garbage was collected and what of it was content.")
	if !s.TellsBlobs {
		v.line(yellow, "No content was told of, as with containerd 1.6: what images are made of is not known.")
	}
	if !s.TellsRemovals {
		v.line(yellow, "Nor what collections removed, as with containerd 1.6.")
	}
	if v.output == "" {
		v.line(dim, "With -o TRACE the trace is written, for holdfast replay and holdfast compare --trace.")
	}
}

// A counted is a number and of what.
type counted struct {
	n  int
	of string
}

// counts prints the numbers that are not 0.
func (v *eventsReading) counts(title string, list []counted) {
	list = slices.DeleteFunc(list, func(c counted) bool { return c.n == 0 })
	if len(list) == 0 {
		return
	}
	v.line("", "")
	v.line("", "%s:", title)
	t := newTable(">", "")
	t.bare = true
	for _, c := range list {
		t.add(humanCount(c.n), c.of)
	}
	v.console.print(t, "  ")
}
