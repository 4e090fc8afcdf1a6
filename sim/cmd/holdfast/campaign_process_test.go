//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	campaignRounds = flag.Int("campaign.rounds", 0, "number of rounds of TestCampaignProcesses, each of another seed (make campaign-processes)")
	campaignFirst  = flag.Uint64("campaign.first", 1, "first seed of -campaign.rounds")
)

// A process runs the command as a process of its own.
type process struct {
	cmd    *exec.Cmd
	mu     sync.Mutex
	out    bytes.Buffer
	err    bytes.Buffer
	ended  chan struct{}
	status error
}

// Write collects standard error.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err.Write(text)
}

func (p *process) stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err.String()
}

// startProcess starts a program, usually this test's binary, as the command. env has further variables.
func startProcess(t *testing.T, program string, env []string, args ...string) *process {
	t.Helper()
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(append(os.Environ(), runAsCommand+"=1"), env...)
	p, err := launch(t, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// launch starts a command, which ends with the test at the latest.
func launch(t *testing.T, cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.out, p
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.status = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.signal(syscall.SIGKILL); <-p.ended })
	return p, nil
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *process) interrupt() { p.signal(syscall.SIGTERM) }

// kill ends the process at once.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// patience is the longest time that a test waits for a process.
const patience = 60 * time.Second

// wait waits for the end of the process and returns its exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end: %s", p.cmd.Args, p.stderr())
	}
	var exit *exec.ExitError
	if errors.As(p.status, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// says waits until standard error has a line with the words, and returns the rest of the line.
func (p *process) says(t *testing.T, words string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, rest, ok := strings.Cut(p.stderr(), words); ok && strings.Contains(rest, "\n") {
			line, _, _ := strings.Cut(rest, "\n")
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("%s does not say %q: %s", p.cmd.Args, words, p.stderr())
	return ""
}

// A processCampaign is a campaign with a coordinator and workers, each in a process.
type processCampaign struct {
	t           *testing.T
	start       []string // the command line of the coordinator, without the address
	url         string
	env         []string
	coordinator *process
	workers     []*process
}

// newProcessCampaign starts a coordinator without workers. The acknowledgement wait is short.
func newProcessCampaign(t *testing.T, env []string, flags string) *processCampaign {
	t.Helper()
	c := &processCampaign{t: t, env: env}
	c.start = append(coordinatorLine(t), append(strings.Fields("--dir "+t.TempDir()), strings.Fields(flags)...)...)
	c.coordinate("0")
	return c
}

// coordinatorLine returns the common part of coordinators' command lines.
func coordinatorLine(t *testing.T) []string {
	return strings.Fields("campaign start sim --ack-wait 300ms --coordinate-only --json --output " + t.TempDir())
}

// coordinate starts the coordinator at an address.
func (c *processCampaign) coordinate(address string) {
	c.t.Helper()
	c.coordinator = startProcess(c.t, "", c.env, append(c.start, "--serve", address)...)
	c.url = c.coordinator.says(c.t, "serving at")
	c.coordinator.says(c.t, "campaign sim-")
}

// join starts a worker.
func (c *processCampaign) join() *process {
	w := startProcess(c.t, "", c.env, "campaign", "work", "--workers", "1", "--attempts", "1000", "--server", c.url)
	c.workers = append(c.workers, w)
	return w
}

// crash kills the coordinator and all workers.
func (c *processCampaign) crash() {
	c.coordinator.kill()
	for _, w := range c.workers {
		w.kill()
	}
	c.workers = nil
}

// done returns the number of seeds with results, or -1 if the server does not answer.
func (c *processCampaign) done() int {
	var stdout, stderr bytes.Buffer
	code := run([]string{"campaign", "status", "--json", "--server", c.url}, strings.NewReader(""), &stdout, &stderr)
	var status campaignInfo
	if code != exitOK || json.Unmarshal(stdout.Bytes(), &status) != nil {
		return -1
	}
	return status.Done
}

// reach waits until a number of seeds have results, or the coordinator has ended.
func (c *processCampaign) reach(seeds int) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-c.coordinator.ended:
			return
		default:
		}
		if c.done() >= seeds {
			return
		}
	}
	c.t.Fatalf("there are no results of %d seeds: %s", seeds, c.coordinator.stderr())
}

// TestCampaignProcesses runs a campaign in which processes crash and pause at random moments. Its result is that of one
// process.
func TestCampaignProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	first, rounds, seeds, events := *campaignFirst, max(*campaignRounds, 1), 60, 3
	if *campaignRounds > 0 {
		seeds, events = 1500, 25
	}
	flags := []string{"--ops", "600", "--plant", "lost-update"}
	want, _ := failing(append([]string{"sim", "--json", "--failures", "1000", "--seeds", fmt.Sprint(seeds), "--output", t.TempDir()}, flags...)...)
	for seed := first; seed < first+uint64(rounds); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			c := newProcessCampaign(t, nil, strings.Join(append(flags, "--shrink", "1000", "--seeds", fmt.Sprint(seeds)), " "))
			c.join()
			c.join()
			for n := range events {
				c.reach((n + 1) * seeds / (events + 1))
				c.disturb(random)
			}
			c.check(exitFindings, want)
		})
	}
}

// disturb lets something happen to a process.
func (c *processCampaign) disturb(random *rand.Rand) {
	at := random.IntN(len(c.workers))
	w := c.workers[at]
	event := random.IntN(5)
	c.t.Log([]string{"a worker crashes", "a worker leaves", "a worker pauses", "the coordinator crashes", "all processes crash"}[event])
	switch event {
	case 0:
		w.kill()
		c.workers = append(c.workers[:at], c.workers[at+1:]...)
		c.join()
	case 1:
		w.signal([]syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[random.IntN(2)])
		if code := w.wait(c.t); code != exitInterrupted {
			c.t.Errorf("exit code %d: %s", code, w.stderr())
		}
		c.workers = append(c.workers[:at], c.workers[at+1:]...)
		c.join()
	case 2: // past the acknowledgement wait
		w.signal(syscall.SIGSTOP)
		time.Sleep(time.Second)
		w.signal(syscall.SIGCONT)
	case 3:
		c.coordinator.kill()
		c.coordinate(strings.TrimPrefix(c.url, "nats://"))
	case 4:
		c.crash()
		c.coordinate(strings.TrimPrefix(c.url, "nats://"))
		c.join()
		c.join()
	}
}

// check waits for the coordinator, and checks that its result is that of another command line and that no task is
// missing.
func (c *processCampaign) check(code int, want string) {
	c.t.Helper()
	if got := c.coordinator.wait(c.t); got != code {
		c.t.Errorf("exit code %d: %s", got, c.coordinator.stderr())
	}
	sameSummary(c.t, c.coordinator.out.String(), want)
	var answer simCampaignAnswer
	if err := json.Unmarshal(c.coordinator.out.Bytes(), &answer); err != nil {
		c.t.Fatal(err)
	}
	if len(answer.Campaign.SetAside) > 0 || answer.Campaign.Tasks != answer.Campaign.Finished || !answer.Campaign.Complete {
		c.t.Errorf("%+v", answer.Campaign)
	}
}

// TestCampaignInterrupted sends SIGTERM to a campaign of one process, as Kubernetes does. The same command line
// continues it.
func TestCampaignInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	args := strings.Fields("campaign start sim --seeds 80 --ops 300 --json --workers 2 --serve 0 --dir " + dir)
	p := startProcess(t, "", nil, args...)
	c := &processCampaign{t: t, url: p.says(t, "serving at"), coordinator: p}
	c.reach(15)
	p.signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitInterrupted || !strings.Contains(p.stderr(), "continues the campaign") {
		t.Errorf("exit code %d: %s", code, p.stderr())
	}
	var answer simCampaignAnswer
	if err := json.Unmarshal(p.out.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if !answer.Stopped || answer.Campaign.Done < 15 || answer.Campaign.Done >= 80 {
		t.Errorf("%+v", answer.Campaign)
	}
	sameSummary(t, holdfast(t, args...), holdfast(t, "sim", "--seeds", "80", "--ops", "300", "--json"))
}

// TestCampaignDatabases runs a study of several databases with a worker on another machine: it has none of the files.
func TestCampaignDatabases(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	for _, name := range []string{"tiny.db.gz", "tiny-collected.db.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text(t, filepath.Join("testdata", name))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"lru", "--profile", "edge", "--days", "0.2", "--seeds", "4", "--json", "--from", dir}
	want := holdfast(t, append([]string{"compare"}, args...)...)
	start := append([]string{"campaign", "start", "study", "--coordinate-only", "--serve", "0", "--dir", t.TempDir()}, args...)
	coordinator := startProcess(t, "", nil, start...)
	url := coordinator.says(t, "serving at")
	coordinator.says(t, "campaign study-")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	startProcess(t, "", nil, "campaign", "work", "--workers", "1", "--server", url)
	if code := coordinator.wait(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, coordinator.stderr())
	}
	sameSummary(t, coordinator.out.String(), want)
}

// TestCampaignIdentity lets workers connect with a token, without it, and with another build.
func TestCampaignIdentity(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	c := newProcessCampaign(t, []string{tokenVariable + "=secret"}, "--seeds 3 --ops 100")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "holdfast")
	if err := os.WriteFile(other, append(data, "another build"...), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		name, program string
		env           []string
		flags         string
		code          int
		want          string
	}{
		{"no token", "", nil, "", exitFile, "refuses the connection"},
		{"wrong token", "", []string{tokenVariable + "=guess"}, "", exitFile, "refuses the connection"},
		{"another build", other, nil, "--token-file " + file, exitUsage, "results are equal only within one build"},
	} {
		t.Run(p.name, func(t *testing.T) {
			w := startProcess(t, p.program, p.env, append([]string{"campaign", "work", "--server", c.url}, strings.Fields(p.flags)...)...)
			if code := w.wait(t); code != p.code || !strings.Contains(w.stderr(), p.want) {
				t.Errorf("exit code %d: %s", code, w.stderr())
			}
		})
	}
	startProcess(t, "", nil, "campaign", "work", "--server", c.url, "--token-file", file)
	if code := c.coordinator.wait(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, c.coordinator.stderr())
	}
}

// TestCampaignCancelled cancels a campaign from another process. The coordinator ends, the worker stays.
func TestCampaignCancelled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	c := newProcessCampaign(t, nil, "--seeds 0 --ops 400")
	w := c.join()
	c.reach(5)
	holdfast(t, "campaign", "cancel", "sim-", "--server", c.url)
	if code := c.coordinator.wait(t); code != exitFile || !strings.Contains(c.coordinator.stderr(), "it was cancelled") {
		t.Errorf("exit code %d: %s", code, c.coordinator.stderr())
	}
	w.signal(syscall.SIGTERM)
	if code := w.wait(t); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, w.stderr())
	}
}
