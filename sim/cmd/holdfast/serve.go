package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/log"
	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/server"
	"github.com/holdfast-gc/holdfast/metadata"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	address, from, rules string
	snapshotters         []string
	clock                string
	start                string
	record               string
	token                tokenFlag
}

// clocks are the values of --clock.
var clocks = []string{"real", "manual"}

func serveVerb(c *console) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a node in memory to ctr and other clients of containerd",
		Long: `Serve starts a node in memory and serves it on a socket with containerd's API, until
Ctrl-C or SIGTERM. It needs no root and no disk, and forgets everything at the end.
ctr, nerdctl and every client of containerd can use it; nothing runs in it.

holdfast ctl moves the clock of the node, collects, explains, injects faults,
records, forks and saves.

With --clock manual, time stands still until holdfast ctl advance: no collection
runs unless a client asks for it, and every run has the same timestamps. With
--clock real, the node collects as the daemon does.

With --from, the node starts with the metadata of a real node: blobs have sizes but
no bytes, and snapshots have no sizes.

A TCP address is open to every user of the machine, so ctl needs a token there:
give serve and ctl the same --token-file, or ` + controlTokenVariable + ` in the environment.

With --record, every call is also written to a trace, which holdfast replay repeats.
Calls then run one after another. A real clock adds lines while nothing else
happens; --clock manual does not.`,
		Example: `  holdfast serve --address /tmp/holdfast.sock
  ctr --address /tmp/holdfast.sock images import alpine.tar
  holdfast serve --clock manual --start 2026-01-01T00:00:00Z
  holdfast serve --clock manual --record trace.jsonl
  holdfast serve --from /var/lib/containerd --address tcp://127.0.0.1:10000`,
		Args: argCount(0, 0),
		RunE: func(*cobra.Command, []string) error { return c.serve(f) },
	}
	flags := cmd.Flags()
	addAddressFlag(cmd, &f.address)
	f.token.add(cmd)
	flags.StringVar(&f.from, "from", "", "start with the database of `META.DB|ROOT`")
	flags.StringVar(&f.rules, "rules", "", "collect by the rules of containerd `VERSION` (default: the newest)")
	flags.StringSliceVar(&f.snapshotters, "snapshotter", []string{"overlayfs", "native"}, "`NAME` of a snapshotter (repeatable, or comma-separated)")
	flags.StringVar(&f.clock, "clock", "real", "`CLOCK` of the node: real or manual")
	flags.StringVar(&f.start, "start", "", "`TIME` at which a manual clock starts, such as 2006-01-02T15:04:05Z\n(default: 2026-01-01, or the latest time in the database of --from)")
	flags.StringVar(&f.record, "record", "", "write a trace of all calls to `FILE`, which must not exist")
	_ = cmd.RegisterFlagCompletionFunc("clock", cobra.FixedCompletions(clocks, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// addAddressFlag adds the flag for the address of a server.
func addAddressFlag(cmd *cobra.Command, address *string) {
	cmd.PersistentFlags().StringVarP(address, "address", "a", "/tmp/holdfast.sock", "`ADDRESS` of the server: a socket, or tcp://127.0.0.1:PORT")
}

// tokenFlag is the flag for the token of the control service.
type tokenFlag struct{ file string }

// controlTokenVariable is the environment variable with the token, an alternative to --token-file.
const controlTokenVariable = "HOLDFAST_TOKEN"

func (f *tokenFlag) add(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&f.file, "token-file", "", "read the token for ctl over TCP from `FILE`\n(default: the environment's "+controlTokenVariable+")")
}

// read returns the token, or "" if none is given.
func (f *tokenFlag) read() (string, error) {
	if f.file == "" {
		return os.Getenv(controlTokenVariable), nil
	}
	return readToken(f.file)
}

// serve serves a node until a signal.
func (c *console) serve(f serveFlags) error {
	node, err := c.serveNode(f)
	if err != nil {
		return err
	}
	defer node.Close()
	var opts []server.Option
	if f.clock == "real" {
		opts = append(opts, server.WithClock(systemTime))
	}
	token, err := f.token.read()
	if err != nil {
		return err
	}
	opts = append(opts, server.WithToken(token))
	if f.record != "" {
		if f.from != "" {
			return errors.New("--record: a trace begins with a new node, so it cannot be combined with --from")
		}
		trace, err := os.OpenFile(f.record, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return &fileError{fmt.Errorf("--record: %w", err)}
		}
		defer trace.Close()
		opts = append(opts, server.WithRecording(trace))
	}
	_ = log.SetLevel("warn") // the daemon's services also log each call
	// A server has nothing to save, so the first signal ends it.
	defer c.ctrlC.graceful()()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	defer signal.Stop(terminated)

	s, err := server.Listen(node, f.address, opts...)
	if err != nil {
		if f.record != "" {
			os.Remove(f.record)
		}
		return &fileError{err}
	}
	fmt.Fprintf(c.err, "holdfast: serving %s; Ctrl-C ends it\n", s.Address())
	if token == "" && strings.HasPrefix(s.Address(), "tcp://") {
		fmt.Fprintln(c.err, "holdfast: ctl is off, because every user of this machine can connect; --token-file turns it on")
	}
	select {
	case <-terminated:
	case <-c.ctrlC.ctx.Done():
	}
	return s.Close()
}

// serveNode makes the node of serve.
func (c *console) serveNode(f serveFlags) (*engine.Engine, error) {
	if !slices.Contains(clocks, f.clock) {
		return nil, fmt.Errorf("--clock %q: must be %s", f.clock, strings.Join(clocks, " or "))
	}
	opts := []engine.Option{engine.WithSnapshotters(f.snapshotters...)}
	if f.rules != "" {
		v, err := metadata.ParseVersion(f.rules)
		if err != nil {
			return nil, fmt.Errorf("--rules: %w", err)
		}
		opts = append(opts, engine.WithRules(v))
	}
	switch {
	case f.start != "" && f.clock == "real":
		return nil, errors.New("--start: a real clock starts now; give --clock manual, too")
	case f.start != "":
		at, err := time.Parse(time.RFC3339, f.start)
		if err != nil {
			return nil, fmt.Errorf("--start %q: must be a time such as 2006-01-02T15:04:05Z", f.start)
		}
		opts = append(opts, engine.WithStart(at))
	case f.clock == "real":
		opts = append(opts, engine.WithStart(systemTime()))
	}
	if f.from == "" {
		return engine.New(opts...)
	}
	from, err := c.source(f.from, disk{})
	if err != nil {
		return nil, err
	}
	node, err := engine.Open(from.path, opts...)
	if err != nil {
		return nil, &fileError{fmt.Errorf("--from %s: %w", f.from, err)}
	}
	return node, nil
}
