package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

func workVerb(c *console) *cobra.Command {
	s := &serverFlags{console: c}
	workers, attempts := 0, 0
	cmd := &cobra.Command{
		Use:   "work",
		Short: "Work on the campaigns of a server",
		Long: `Work runs tasks of all campaigns of its build on a server, until it is interrupted. Any number of workers may
join and leave at any time: a worker that leaves hands its tasks back, and the tasks of a worker that crashes
are given to another one. Ctrl-C and SIGTERM end it with the exit code 130, as soon as its tasks are handed
back; the second signal ends it at once. Without --server, it joins the process that serves the campaigns in --dir.`,
		Example: `  holdfast campaign work
  holdfast campaign work --server nats://campaigns.example:4222 --workers 16 --token-file /run/secrets/token`,
		Args: argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if workers < 0 {
				return fmt.Errorf("--workers %d: must be at least 0", workers)
			}
			if attempts < 1 {
				return fmt.Errorf("--attempts %d: must be at least 1", attempts)
			}
			if workers == 0 {
				workers = runtime.NumCPU()
			}
			return s.work(workers, attempts)
		},
	}
	s.add(cmd)
	cmd.Flags().IntVar(&workers, "workers", 0, "run `N` tasks in parallel; 0: one per core")
	cmd.Flags().IntVar(&attempts, "attempts", fleet.DefaultAttempts, "set a task aside after it was given to `N` workers in vain")
	return cmd
}

// work joins a server and works until Ctrl-C or SIGTERM.
func (f *serverFlags) work(workers, attempts int) error {
	defer raiseGCPercent()()
	if f.url == "" {
		dir, err := f.directory()
		if err != nil {
			return err
		}
		if fleet.AddressIn(dir) == "" {
			return &fileError{fmt.Errorf("no process serves the campaigns in %s: start one with --serve 4222, or name a server with --server", dir)}
		}
	}
	client, end, err := f.connect()
	if err != nil {
		return err
	}
	defer end()
	defer f.ctrlC.drain()()
	build, err := fleet.Build()
	if err != nil {
		return &fileError{err}
	}
	if err := f.checkVersions(client, build); err != nil {
		return err
	}
	f.warn(fmt.Sprintf("%s at work", plural(workers, "worker", "workers")))
	dismiss := employ(f.ctx, client, f.crew(build, workers, attempts))
	<-f.ctx.Done()
	dismiss()
	return nil
}

// checkVersions returns an error if all unfinished campaigns belong to other builds.
func (f *serverFlags) checkVersions(client *fleet.Client, build string) error {
	list, err := client.List(f.ctx)
	if err != nil {
		return &fileError{err}
	}
	var other error
	for _, m := range list {
		switch {
		case m.Done:
		case m.Build == build:
			return nil
		default:
			other = errors.New(otherBuild(m, build))
		}
	}
	return other
}

// employ lets a crew work until ctx is done or the returned function is called, which waits for the workers.
func employ(ctx context.Context, client *fleet.Client, crew fleet.Crew) (dismiss func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.Work(ctx, crew)
	}()
	return func() {
		cancel()
		<-ended
	}
}
