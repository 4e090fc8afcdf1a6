//go:build unix

package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var campaignOutage = flag.Duration("campaign.outage", 0, "how long servers are away in TestCampaignOwnServer (make campaign-long)")

// TestOutage pauses the process of the server and the coordinator, and later kills it, for longer than the
// acknowledgement wait and the workers' pauses between attempts.
func TestOutage(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	c := newProcessCampaign(t, nil, "--seeds 30 --ops 300")
	c.join()
	c.join()
	c.reach(8)
	c.coordinator.signal(syscall.SIGSTOP)
	time.Sleep(time.Second)
	c.coordinator.signal(syscall.SIGCONT)
	c.reach(16)
	c.coordinator.kill()
	time.Sleep(time.Second)
	c.coordinate(strings.TrimPrefix(c.url, "nats://"))
	c.check(exitOK, holdfast(t, "sim", "--seeds", "30", "--ops", "300", "--json"))
}

// TestGuidedCrashes kills a worker, the coordinator with its server, and all processes of a guided campaign.
// Its weights and its result are those of one process.
func TestGuidedCrashes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	flags := "--seeds 30 --ops 300 --guide 10"
	c := newProcessCampaign(t, nil, flags)
	c.join()
	w := c.join()
	c.reach(5)
	w.kill()
	c.join()
	c.reach(12)
	c.coordinator.kill()
	c.coordinate(strings.TrimPrefix(c.url, "nats://"))
	c.reach(22)
	c.crash()
	c.coordinate(strings.TrimPrefix(c.url, "nats://"))
	c.join()
	c.check(exitOK, holdfast(t, append(strings.Fields("campaign start sim --json --workers 1 --dir "+t.TempDir()), strings.Fields(flags)...)...))
}

// A natsServer is NATS's own server, in a process of its own.
type natsServer struct {
	t       *testing.T
	program string
	config  string // file
	url     string
	*process
}

// newNATSServer builds and starts a server with JetStream on a directory and a token.
func newNATSServer(t *testing.T, token string) *natsServer {
	t.Helper()
	dir := t.TempDir()
	s := &natsServer{t: t, program: filepath.Join(dir, "nats-server"), config: filepath.Join(dir, "server.conf")}
	if out, err := exec.Command("go", "build", "-o", s.program, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	s.url = "nats://" + address
	config := fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\nauthorization { token: %q }\n", address, filepath.Join(dir, "store"), token)
	if err := os.WriteFile(s.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.begin()
	return s
}

func (s *natsServer) begin() {
	s.t.Helper()
	s.process = startProcess(s.t, s.program, nil, "--config", s.config)
	s.says(s.t, "Server is ready")
}

// TestCampaignOwnServer runs a campaign on a NATS server that the user operates. The server goes away for a while, and
// then everything is restarted.
func TestCampaignOwnServer(t *testing.T) {
	if *campaignOutage == 0 {
		t.Skip("builds NATS's server: make campaign-long")
	}
	server := newNATSServer(t, "secret")
	if w := startProcess(t, "", nil, "campaign", "list", "--server", server.url); w.wait(t) != exitFile || !strings.Contains(w.stderr(), "refuses the connection") {
		t.Errorf("without the token: %s", w.stderr())
	}
	t.Setenv(tokenVariable, "secret")
	flags := strings.Fields("--seeds 400 --ops 500 --plant lost-update")
	c := &processCampaign{t: t, url: server.url}
	c.start = append(coordinatorLine(t), append(flags, "--shrink", "1000", "--server", server.url)...)
	begin := func() {
		c.coordinator = startProcess(t, "", nil, c.start...)
		c.coordinator.says(t, "campaign sim-")
		c.join()
		c.join()
	}
	begin()
	c.reach(100)
	server.kill()
	time.Sleep(*campaignOutage)
	server.begin()
	c.reach(200)
	c.crash()
	server.kill()
	server.begin()
	begin()
	want, _ := failing(append([]string{"sim", "--json", "--failures", "1000", "--output", t.TempDir()}, flags...)...)
	c.check(exitFindings, want)
}
