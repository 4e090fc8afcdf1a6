package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

func campaignVerb(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "Run long simulations on any number of machines",
		Long: `Campaign divides a long simulation into tasks, runs them on any number of workers, and merges the results:
they are the same as on one machine, even if workers come, crash and go. Results are kept, and the same
command line continues an interrupted campaign. Ctrl-C and SIGTERM interrupt it: results are shown as far as
they are there, and the exit code is 130.

Without --server, everything happens in this process, with a NATS JetStream server that keeps its files in
--dir and does not listen. With --serve ADDRESS, workers of the same build join from other processes and
machines. With --server URL, a NATS server of your own has the queue and the results.

Secrets never belong on a command line: --token-file, --creds and --tls-key name files, and the token may
also be in the environment, as ` + tokenVariable + `.`,
		Example: `  holdfast campaign start sim --seeds 1..1000000
  holdfast campaign start sim --seeds 0 --for 8h --serve 4222
  holdfast campaign work --server nats://127.0.0.1:4222
  holdfast campaign status
  holdfast campaign results --json`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	start := &cobra.Command{
		Use:   "start",
		Short: "Start or continue a campaign, and work on it",
		Args:  argCount(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	start.AddCommand(startSimVerb(c), startStudyVerb(c), startLawsVerb(c))
	cmd.AddCommand(start, workVerb(c), statusVerb(c), watchVerb(c), resultsVerb(c), cancelVerb(c), listVerb(c))
	return cmd
}

// A campaignStart is one run of "campaign start".
type campaignStart struct {
	serverFlags
	workers  int
	only     bool // coordinate only
	limit    time.Duration
	ackWait  time.Duration
	attempts int
	asJSON   bool
	output   string
	report   string
}

// flags adds the flags of all kinds of campaigns.
func (s *campaignStart) flags(cmd *cobra.Command) {
	s.serverFlags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&s.serve, "serve", "", "let workers connect at `ADDRESS`, a port or HOST:PORT; the default host is 127.0.0.1")
	f.BoolVar(&s.only, "coordinate-only", false, "leave all tasks to other workers")
	f.DurationVar(&s.ackWait, "ack-wait", fleet.DefaultAckWait, "give a task to another worker after `DURATION` without a report")
	f.IntVar(&s.attempts, "attempts", fleet.DefaultAttempts, "set a task aside after it was given to `N` workers in vain")
}

func (s *campaignStart) validate() error {
	switch {
	case s.ackWait < 100*time.Millisecond:
		return fmt.Errorf("--ack-wait %s: must be at least 100ms", s.ackWait)
	case s.attempts < 1:
		return fmt.Errorf("--attempts %d: must be at least 1", s.attempts)
	case s.workers < 0:
		return fmt.Errorf("--workers %d: must be at least 0", s.workers)
	case s.only && s.url == "" && s.serve == "":
		return errors.New("--coordinate-only: no worker could come; add --serve or --server")
	}
	if s.workers == 0 {
		s.workers = runtime.NumCPU()
	}
	if s.report != "" {
		return s.check(output{flag: "--report", name: s.report})
	}
	return nil
}

// run starts or continues a campaign, and shows its results.
func (s *campaignStart) run(kind string, params []byte, inputs map[string][]byte) error {
	defer raiseGCPercent()()
	build, err := fleet.Build()
	if err != nil {
		return &fileError{err}
	}
	m := fleet.Manifest{Kind: kind, Build: build, Version: version(), Params: params}
	job, err := s.job(m, func(name string) ([]byte, error) { return inputs[name], nil })
	if err != nil {
		return err
	}
	client, end, err := s.connect()
	if err != nil {
		return err
	}
	defer end()
	defer s.ctrlC.drain()()
	campaign, err := client.Create(s.ctx, m, inputs)
	if err == nil {
		err = client.Queue(s.ctx, build, s.ackWait)
	}
	if err != nil {
		return &fileError{err}
	}
	s.warn("campaign " + campaign.Name)
	workers := 0
	if !s.only {
		workers = s.workers
		dismiss := employ(s.ctx, client, s.crew(build, workers, s.attempts))
		defer dismiss()
	}
	began := systemTime()
	var at fleet.Progress
	bar := newCampaignProgress(s.err, job.progress().Total, s.limit, began)
	err = campaign.Coordinate(s.ctx, job, workers, func(p fleet.Progress) {
		at = p
		if s.limit > 0 && systemTime().Sub(began) >= s.limit {
			job.stop()
		}
		showProgress(bar, job, p)
	})
	bar.end()
	if err != nil && !s.ctrlC.requested() {
		return &fileError{err}
	}
	if s.ctrlC.requested() {
		s.warn("stopped; the same command line continues the campaign")
	}
	return job.show(showOptions{
		manifest: campaign.Manifest, progress: at, done: err == nil, asJSON: s.asJSON, output: s.output, report: s.report,
	})
}

// crew describes the workers of this process.
func (c *console) crew(build string, workers, attempts int) fleet.Crew {
	host, _ := os.Hostname()
	return fleet.Crew{
		Build: build, Worker: fmt.Sprintf("%s/%d", host, os.Getpid()), Workers: workers, Attempts: attempts, Note: c.warn,
		Job: func(m fleet.Manifest, input func(string) ([]byte, error)) (fleet.Job, error) { return c.job(m, input) },
	}
}

// showProgress shows the progress of a campaign.
func showProgress(bar *campaignProgress, job campaignJob, p fleet.Progress) {
	j := job.progress()
	trouble := plural(j.Failures, "failure", "failures")
	if n := len(p.Failures); n > 0 {
		trouble += ", " + plural(n, "task", "tasks") + " set aside"
	}
	text := fmt.Sprintf("%s, %s at work", j.Text, plural(p.Workers, "worker", "workers"))
	if j.PerUnit > 0 && p.Workers > 0 {
		rate := float64(p.Workers) / j.PerUnit
		text += fmt.Sprintf(", %s %s per second", threeDigits(rate), j.Unit)
		if left := j.Total - j.Done; j.Total > 0 && left > 0 {
			text += ", " + humanSeconds(float64(left)/rate) + " left"
		}
	}
	bar.update(j.Done, text, trouble)
}

// A campaignQuery is one run of a verb that reads a campaign.
type campaignQuery struct {
	serverFlags
	ctx            context.Context // of the calls to the server; set by with
	asJSON         bool
	output, report string
	patient        bool // waits for a server that is away
}

// awayMax is how long a query waits for a server that goes away meanwhile.
const awayMax = 5 * time.Second

// with calls do with a connection to the server.
func (q *campaignQuery) with(do func(*fleet.Client) error) error {
	client, end, err := q.connect()
	if err != nil {
		return err
	}
	defer end()
	if q.ctx = q.console.ctx; !q.patient {
		var cancel func()
		q.ctx, cancel = client.Bound(q.ctx, awayMax)
		defer cancel()
	}
	err = do(client)
	if err != nil && errors.Is(context.Cause(q.ctx), fleet.ErrAway) {
		return &fileError{context.Cause(q.ctx)}
	}
	return err
}

// on calls do for the campaign that the argument names.
func (q *campaignQuery) on(args []string, do func(*fleet.Campaign) error) error {
	return q.with(func(client *fleet.Client) error {
		campaign, err := client.Find(q.ctx, strings.Join(args, ""))
		if err != nil {
			return err
		}
		return do(campaign)
	})
}

// read makes the campaign's job and merges the results so far.
func (q *campaignQuery) read(campaign *fleet.Campaign) (campaignJob, fleet.Progress, error) {
	job, err := q.jobOf(campaign)
	if err != nil {
		return nil, fleet.Progress{}, err
	}
	p, err := campaign.Read(q.ctx, job)
	if err != nil {
		return nil, p, &fileError{err}
	}
	return job, p, nil
}

func (q *campaignQuery) jobOf(campaign *fleet.Campaign) (campaignJob, error) {
	if err := checkBuild(campaign.Manifest); err != nil {
		return nil, err
	}
	return q.job(campaign.Manifest, func(name string) ([]byte, error) { return campaign.Input(q.ctx, name) })
}

// queryVerb makes a verb that reads a campaign: the one of the argument, or the newest.
func queryVerb(c *console, use, short, long string, run func(*campaignQuery, []string) error) (*cobra.Command, *campaignQuery) {
	q := &campaignQuery{serverFlags: serverFlags{console: c}}
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: argCount(0, 1),
		RunE: func(_ *cobra.Command, args []string) error { return run(q, args) },
	}
	q.add(cmd)
	return cmd, q
}

const nameHelp = ` NAME is a campaign's name or the
beginning of it; without NAME it is the newest campaign.`

func statusVerb(c *console) *cobra.Command {
	cmd, q := queryVerb(c, "status [NAME]", "Show how far a campaign has come",
		"Status shows the progress of a campaign, and its results in short."+nameHelp, (*campaignQuery).status)
	jsonFlag(cmd, &q.asJSON)
	return cmd
}

func (q *campaignQuery) status(args []string) error {
	return q.on(args, func(campaign *fleet.Campaign) error {
		job, p, err := q.read(campaign)
		if err != nil {
			return err
		}
		info := newCampaignInfo(showOptions{manifest: campaign.Manifest, progress: p, done: campaign.Done}, job.progress())
		if q.asJSON {
			return q.printJSON(info)
		}
		q.line(bold, "%s, %s", info.Name, map[bool]string{true: "done", false: "not done"}[info.Complete])
		t := newTable("", "")
		t.bare = true
		t.add("progress", info.Text)
		t.add("failures", humanCount(info.Failures))
		t.add("tasks", fmt.Sprintf("%s planned, %s finished, %s set aside", humanCount(info.Tasks), humanCount(info.Finished), humanCount(len(info.SetAside))))
		if info.PerUnit > 0 {
			t.add("speed", fmt.Sprintf("%s %s per second and worker", threeDigits(1/info.PerUnit), info.Unit))
		}
		if left := info.Total - info.Done; info.PerUnit > 0 && info.Total > 0 && left > 0 {
			t.add("left", humanSeconds(float64(left)*info.PerUnit)+" of one worker")
		}
		t.add("build", info.Version)
		q.print(t, "  ")
		return nil
	})
}

func watchVerb(c *console) *cobra.Command {
	cmd, _ := queryVerb(c, "watch [NAME]", "Follow a campaign until it is over",
		"Watch shows the progress of a campaign that another process coordinates, until it is over."+nameHelp, (*campaignQuery).watch)
	return cmd
}

func (q *campaignQuery) watch(args []string) error {
	q.patient = true
	return q.on(args, func(campaign *fleet.Campaign) error {
		job, err := q.jobOf(campaign)
		if err != nil {
			return err
		}
		defer q.ctrlC.graceful()()
		bar := newCampaignProgress(q.err, job.progress().Total, 0, systemTime())
		err = campaign.Watch(q.ctx, job, func(p fleet.Progress) { showProgress(bar, job, p) })
		bar.end()
		if err != nil {
			return err
		}
		q.line("", "%s: done. %s, %s.", campaign.Name, job.progress().Text, plural(job.progress().Failures, "failure", "failures"))
		return nil
	})
}

func resultsVerb(c *console) *cobra.Command {
	cmd, q := queryVerb(c, "results [NAME]", "Show the merged results of a campaign",
		`Results merges the results of a campaign so far and shows them as the verb that it repeats does. The
seconds are those of all workers together.`+nameHelp, (*campaignQuery).results)
	cmd.Flags().StringVar(&q.output, "output", "", "write the traces of failures to `DIRECTORY`, which must exist")
	cmd.Flags().StringVar(&q.report, "report", "", "write an HTML report to `FILE`, or to standard output for -")
	jsonFlag(cmd, &q.asJSON)
	return cmd
}

func (q *campaignQuery) results(args []string) error {
	if q.output != "" {
		if err := checkDirectory("--output", q.output); err != nil {
			return err
		}
	}
	if q.report != "" {
		if err := q.check(output{flag: "--report", name: q.report}); err != nil {
			return err
		}
	}
	return q.on(args, func(campaign *fleet.Campaign) error {
		job, p, err := q.read(campaign)
		if err != nil {
			return err
		}
		return job.show(showOptions{
			manifest: campaign.Manifest, progress: p, done: campaign.Done, asJSON: q.asJSON, output: q.output, report: q.report,
		})
	})
}

func cancelVerb(c *console) *cobra.Command {
	cmd, _ := queryVerb(c, "cancel NAME", "Stop a campaign and remove its results",
		`Cancel removes a campaign from the server: its tasks, its results and its traces. Workers abandon its tasks
within a third of --ack-wait. Get the results before.`, (*campaignQuery).cancel)
	cmd.Args = argCount(1, 1)
	return cmd
}

func (q *campaignQuery) cancel(args []string) error {
	return q.on(args, func(campaign *fleet.Campaign) error {
		if err := campaign.Cancel(q.ctx); err != nil {
			return &fileError{err}
		}
		q.line("", "%s is cancelled and removed.", campaign.Name)
		return nil
	})
}

func listVerb(c *console) *cobra.Command {
	cmd, q := queryVerb(c, "list", "List the campaigns on the server", "List shows all campaigns on the server, the oldest first.", (*campaignQuery).list)
	cmd.Args = argCount(0, 0)
	jsonFlag(cmd, &q.asJSON)
	return cmd
}

func (q *campaignQuery) list([]string) error {
	var list []fleet.Manifest
	err := q.with(func(client *fleet.Client) (err error) {
		if list, err = client.List(q.ctx); err != nil {
			return &fileError{err}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if q.asJSON {
		if list == nil {
			list = []fleet.Manifest{}
		}
		return q.printJSON(list)
	}
	t := newTable("NAME", "STARTED", "STATE", "BUILD")
	for _, m := range list {
		t.add(m.Name, m.Created.UTC().Format(time.DateTime), map[bool]string{true: "done", false: "not done"}[m.Done], m.Version)
	}
	q.print(t, "")
	return nil
}
