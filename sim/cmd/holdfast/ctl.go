package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/engine/server"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// ctl is the command line of the control service.
type ctl struct {
	*console
	address string
	token   tokenFlag
	asJSON  bool
}

// ctlVerbs are the constructors of the subcommands of ctl, in the order of the help text.
var ctlVerbs = []func(*ctl) *cobra.Command{
	(*ctl).collectVerb, (*ctl).planVerb, (*ctl).whyVerb, (*ctl).topVerb, (*ctl).fsckVerb, (*ctl).advanceVerb,
	(*ctl).faultVerb, (*ctl).recordVerb, (*ctl).forkVerb, (*ctl).dumpVerb, (*ctl).hashVerb, (*ctl).saveVerb, (*ctl).applyVerb,
}

func ctlVerb(c *console) *cobra.Command {
	l := &ctl{console: c}
	cmd := &cobra.Command{
		Use:   "ctl",
		Short: "Control a node of holdfast serve",
		Long: `Ctl moves the clock of a node that holdfast serve serves, collects, explains, injects
faults, records the calls of clients, forks the node and saves its database.`,
		Example: `  holdfast ctl collect
  holdfast ctl why image/default/docker.io/library/alpine:3.20
  holdfast ctl advance 25h
  holdfast ctl fault set slow-disk '{"on":"content","call":"commit","delay":"2s"}'
  holdfast ctl record on trace.jsonl
  holdfast ctl fork /tmp/fork.sock
  holdfast ctl save meta.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addAddressFlag(cmd, &l.address)
	l.token.add(cmd)
	for _, verb := range ctlVerbs {
		sub := verb(l)
		completeRest(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

func (l *ctl) control() (*server.Control, error) {
	control := server.NewControl(l.address)
	var err error
	control.Token, err = l.token.read()
	return control, err
}

// apply applies an Op and returns its result, or its error.
func (l *ctl) apply(o engine.Op) (server.Result, error) {
	control, err := l.control()
	if err != nil {
		return server.Result{}, err
	}
	r, err := control.Apply(l.ctx, o)
	switch {
	case err != nil:
		return r, &fileError{err}
	case r.Error != "":
		return r, fmt.Errorf("%s (%s)", r.Error, r.Code)
	}
	return r, nil
}

// ask applies an Op and decodes its value.
func ask[T any](l *ctl, o engine.Op) (*T, error) {
	r, err := l.apply(o)
	if err != nil {
		return nil, err
	}
	value := new(T)
	if err := r.Decode(value); err != nil {
		return nil, fmt.Errorf("the reply to %s: %w; do the client and the server have the same version?", o.Name, err)
	}
	return value, nil
}

func (l *ctl) collectVerb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Run a collection now, and list the removed objects",
		Args:  argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			got, err := ask[op.Collection](l, engine.Op{Name: op.Collect})
			if err != nil {
				return err
			}
			removed := []string{}
			for _, n := range got.Removed {
				removed = append(removed, metadata.NodeName(n))
			}
			return l.answer(map[string]any{"removed": removed}, l.asJSON, func() {
				l.line(bold, "The collection removed %s.", plural(len(removed), "object", "objects"))
				for _, name := range removed {
					l.line("", "  %s", name)
				}
				if len(removed) == 0 {
					l.line(dim, "A node that is served with --clock real also collects by itself, soon after a deletion.")
				}
			}, false)
		},
	}
	jsonFlag(cmd, &l.asJSON)
	return cmd
}

func (l *ctl) planVerb() *cobra.Command {
	var deleted []string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show the objects that a collection would remove",
		Args:  argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			p, err := ask[examine.Plan](l, engine.Op{Name: op.Plan, Args: op.PlanArgs{Deleted: deleted}})
			if err != nil {
				return err
			}
			return l.answer(p, l.asJSON, func() { l.printPlan(p, "would remove", verbose) }, false)
		},
	}
	cmd.Flags().StringArrayVar(&deleted, "delete", nil, "assume that `NODE` is deleted first (hypothetical; repeatable)")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every node")
	jsonFlag(cmd, &l.asJSON)
	return cmd
}

func (l *ctl) whyVerb() *cobra.Command {
	var limit uint32
	cmd := &cobra.Command{
		Use:   "why NODE",
		Short: "Show the references that keep an object, or that almost keep it",
		Args:  argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			w, err := ask[examine.Why](l, engine.Op{Name: op.Why, Args: op.WhyArgs{Node: args[0], Limit: limit}})
			if err != nil {
				return err
			}
			return l.answer(w, l.asJSON, func() { l.printWhy(w) }, false)
		},
	}
	cmd.Flags().Uint32VarP(&limit, "limit", "n", 16, "list at most `N` chains")
	jsonFlag(cmd, &l.asJSON)
	return cmd
}

func (l *ctl) topVerb() *cobra.Command {
	var f topFlags
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Show the holders of the bytes, as holdfast top",
		Example: `  holdfast ctl top
  holdfast ctl top --by client`,
		Args: argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if err := f.check(); err != nil {
				return err
			}
			groups := ""
			if _, ok := examine.ParseGroupBy(f.by); ok {
				groups = f.by
			}
			control, err := l.control()
			if err != nil {
				return err
			}
			a, err := control.Account(l.ctx, f.options(), groups)
			if err != nil {
				return &fileError{err}
			}
			return l.printAccounting(a, f)
		},
	}
	f.addFlags(cmd)
	return cmd
}

// recordName is the file of record on, without a name.
const recordName = "trace.jsonl"

func (l *ctl) recordVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "record on [FILE] | record off",
		Short: "Record the calls of all clients as a trace, or end the recording",
		Long: `Record on writes each further call to FILE, a new file (default: ` + recordName + `). holdfast
replay repeats the calls and ends in the same state; holdfast compare --trace takes
the load from them.

A trace begins with a new node, so record on fails once the node has been used, and
for a node of --from. It restarts the node's daemon. While the node records, calls
run one after another.`,
		Example: `  holdfast ctl record on trace.jsonl
  holdfast ctl record off
  holdfast replay trace.jsonl`,
		Args: argCount(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			control, err := l.control()
			if err != nil {
				return err
			}
			switch {
			case args[0] == "on":
				file, err := filepath.Abs(append(args, recordName)[1])
				if err != nil {
					return err
				}
				if err := control.Record(l.ctx, file); err != nil {
					return &fileError{err}
				}
				l.line("", "Recording to %s.", file)
				return nil
			case args[0] == "off" && len(args) == 1:
				file, calls, err := control.StopRecording(l.ctx)
				if err != nil {
					return &fileError{err}
				}
				if file == "" {
					file = "the file of --record"
				}
				l.line("", "Recorded %s in %s.", plural(calls, "call", "calls"), file)
				return nil
			}
			return fmt.Errorf("record: expects on [FILE], or off")
		},
	}
}

func (l *ctl) fsckVerb() *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use:   "fsck",
		Short: "Check the database and the backends of the node",
		Args:  argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			f, err := ask[examine.Fsck](l, engine.Op{Name: op.Fsck})
			if err != nil {
				return err
			}
			return l.answer(f, l.asJSON, func() { l.printFindings(f, "", verbose) }, f.Serious())
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every finding, remarks too")
	jsonFlag(cmd, &l.asJSON)
	return cmd
}

// advanceStep bounds one Op of advance. With containerd's settings a schedule has about 15,000 steps in an hour, and an
// Op may have 100,000.
const advanceStep = time.Hour

func (l *ctl) advanceVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "advance DURATION",
		Short: "Move the clock, and run the collections of the schedule in that time",
		Args:  argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			by, err := time.ParseDuration(args[0])
			if err != nil || by < 0 {
				return fmt.Errorf("advance %q: must be a duration such as 90s or 25h", args[0])
			}
			collections := 0
			for by > 0 {
				step := min(by, advanceStep)
				got, err := ask[op.SchedulePassResult](l, engine.Op{Name: op.SchedulePass, Args: op.SchedulePassArgs{By: step}})
				if err != nil {
					return err
				}
				collections += int(got.Collections)
				by -= step
			}
			now, err := ask[time.Time](l, engine.Op{Name: op.ClockNow})
			if err != nil {
				return err
			}
			l.line("", "It is %s; %s ran.", shortTime(*now), plural(collections, "collection", "collections"))
			return nil
		},
	}
}

func (l *ctl) faultVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "fault set NAME FAULT | fault clear [NAME]",
		Short: "Inject a fault, or clear one fault or all",
		Long: `Fault set injects a fault under a name, fault clear removes it. FAULT is JSON with the
fields on, call, key, nth, times, oneIn, after, delay, hang, kill and error. For
example, {"on":"content","call":"write","nth":"3","error":"unavailable"} lets the third
write of content fail.`,
		Args: argCount(1, 3),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case args[0] == "set" && len(args) == 3:
				name, err := json.Marshal(args[1])
				if err != nil {
					return err
				}
				return l.applyText(fmt.Sprintf(`{"op":%q,"name":%s,"fault":%s}`, op.FaultsSet, name, args[2]))
			case args[0] == "clear" && len(args) < 3:
				o := engine.Op{Name: op.FaultsClear}
				if len(args) == 2 {
					o.Args = op.Named{Name: args[1]}
				}
				_, err := l.apply(o)
				return err
			}
			return fmt.Errorf("fault: expects set NAME FAULT, or clear [NAME]")
		},
	}
}

// applyText parses and applies an Op, and prints its value if it has one.
func (l *ctl) applyText(text string) error {
	o, err := op.Parse([]byte(text))
	if err != nil {
		return err
	}
	r, err := l.apply(o)
	if err != nil || r.Value == nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, r.Value, "", "  "); err != nil {
		return err
	}
	l.out.Write(append(indented.Bytes(), '\n'))
	return nil
}

func (l *ctl) forkVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "fork [ADDRESS]",
		Short: "Serve a copy of the node on a second socket, and print its address",
		Long: `Fork serves an independent copy of the node at ADDRESS, or on a socket in a temporary
folder, until the server ends. It takes constant time.`,
		Args: argCount(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			address, _ := splitSource(append(args, ""), 1)
			control, err := l.control()
			if err != nil {
				return err
			}
			address, err = control.Fork(l.ctx, address)
			if err != nil {
				return &fileError{err}
			}
			l.line("", "%s", address)
			return nil
		},
	}
}

func (l *ctl) dumpVerb() *cobra.Command {
	return l.textVerb("dump", "Print the database as text", op.Dump)
}

func (l *ctl) hashVerb() *cobra.Command {
	return l.textVerb("hash", "Print the hash of the node's state", op.Hash)
}

// textVerb is a verb that prints the text of an Op.
func (l *ctl) textVerb(use, short string, name op.Name) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			text, err := ask[string](l, engine.Op{Name: name})
			if err != nil {
				return err
			}
			l.out.WriteString(*text + "\n")
			return nil
		},
	}
}

func (l *ctl) saveVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "save FILE",
		Short: "Write the database as a meta.db, or to standard output for -",
		Args:  argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := l.check(output{flag: "save", name: args[0], binary: true}); err != nil {
				return err
			}
			control, err := l.control()
			if err != nil {
				return err
			}
			file, err := control.Save(l.ctx)
			if err != nil {
				return &fileError{err}
			}
			if err := l.writeTo(args[0], func(w io.Writer) error { _, err := w.Write(file); return err }); err != nil {
				return err
			}
			l.line("", "Wrote %s.", outputName(args[0]))
			return nil
		},
	}
}

func (l *ctl) applyVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "apply OP",
		Short: "Apply any Op, given as JSON, and print its value",
		Example: `  holdfast ctl apply '{"op":"node.crash"}'
  holdfast ctl apply '{"op":"events"}'`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return l.applyText(args[0]) },
	}
}
