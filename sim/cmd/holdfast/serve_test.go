//go:build unix

package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/server"
)

// TestServe starts the command, uses it, and ends it with each signal.
func TestServe(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for end, code := range map[os.Signal]int{os.Interrupt: exitInterrupted, syscall.SIGTERM: exitOK} {
		t.Run(end.String(), func(t *testing.T) {
			t.Parallel()
			socket := filepath.Join(t.TempDir(), "socket")
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self, "serve", "--address", socket, "--from", "testdata/tiny.db.gz", "--clock", "manual", "--start", "2026-11-22T12:00:00Z")
			cmd.Env = append(os.Environ(), runAsCommand+"=1")
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			lines := bufio.NewScanner(stderr)
			if !lines.Scan() || !strings.Contains(lines.Text(), "serving "+socket) {
				t.Fatalf("the command prints %q", lines.Text())
			}
			served := holdfast(t, "ctl", "plan", "--address", socket)
			if !strings.Contains(served, "at 2026-11-22T12:00:00Z") {
				t.Errorf("got\n%s\nwant a plan at the time of --start", served)
			}
			if err := cmd.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != code {
				t.Errorf("the exit code is %d, want %d", got, code)
			}
			if _, err := os.Stat(socket); err == nil {
				t.Error("the socket remains")
			}
		})
	}
}

// served returns a new node and a server for it, which ends with the test.
func served(t *testing.T) (*engine.Engine, *server.Server) {
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Listen(node, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return node, s
}

// TestCtl runs each verb of ctl.
func TestCtl(t *testing.T) {
	node, s := served(t)
	ctx := namespaces.WithNamespace(context.Background(), "default")
	lease, err := node.Leases().Create(ctx, leases.WithID("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Snapshotter("overlayfs").Prepare(leases.WithLease(ctx, lease.ID), "held", ""); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "meta.db")
	ctl := func(args ...string) string {
		t.Helper()
		return holdfast(t, append([]string{"ctl", "--address", s.Address()}, args...)...)
	}
	for _, test := range []struct{ args, says string }{
		{"plan --delete lease/default/a", "would remove 1 object"},
		{"why snapshot/default/overlayfs/held", "is kept"},
		{"top", "lease/default/a"},
		{"top --by client", "CLIENT"},
		{"top --format prometheus", "holdfast_holder_retained_bytes"},
		{"fsck", "No fault"},
		{"hash", node.Hash().String()},
		{"dump", "leases"},
		{"collect", "removed 0 objects"},
		{"advance 25h", "It is 2026-01-02T01:00:00Z; 1 collection ran."},
		{"apply {\"op\":\"leases.list\",\"ns\":\"default\"}", `"id": "a"`},
		{"save " + saved, "Wrote"},
		{"fork", "/socket"},
		{"fault set gone {\"on\":\"kv\",\"call\":\"commit\",\"error\":\"unavailable\"}", ""},
	} {
		t.Run(test.args, func(t *testing.T) {
			if out := ctl(strings.Fields(test.args)...); !strings.Contains(out, test.says) {
				t.Errorf("got\n%s\nwant %q in it", out, test.says)
			}
		})
	}
	if _, err := node.Leases().Create(ctx, leases.WithID("b")); err == nil {
		t.Error("the fault has no effect")
	}
	ctl("fault", "clear")
	if _, err := node.Leases().Create(ctx, leases.WithID("b")); err != nil {
		t.Error("the fault remains:", err)
	}
	// A meta.db lacks the sizes of snapshots.
	ctl("apply", `{"op":"snapshots.remove","ns":"default","snapshotter":"overlayfs","key":"held"}`)
	ctl("save", saved)
	for _, f := range []string{"", "--by=namespace", "--by=name --format=csv", "--json"} {
		flags := append([]string{"top", "--wide"}, strings.Fields(f)...)
		served, offline := ctl(flags...), holdfast(t, append(flags, saved, "--containerd", "2.4", "--at", "2026-01-02T01:00:00Z")...)
		if served != offline {
			t.Errorf("%v: ctl prints\n%s\nand top prints\n%s", flags, served, offline)
		}
	}
	if plan := holdfast(t, "plan", saved, "--json"); !strings.Contains(plan, `"lease": 2`) {
		t.Error("the saved database lacks leases:", plan)
	}
}

// TestCtlRecord records a session, and reads the trace with the verbs that take one.
func TestCtlRecord(t *testing.T) {
	_, s := served(t)
	trace := filepath.Join(t.TempDir(), "trace.jsonl")
	ctl := func(args ...string) string {
		t.Helper()
		return holdfast(t, append([]string{"ctl", "--address", s.Address()}, args...)...)
	}
	if out := ctl("record", "on", trace); !strings.Contains(out, "Recording to "+trace) {
		t.Error(out)
	}
	ctl("apply", `{"op":"images.create","ns":"default","image":{"name":"a","target":{"mediaType":"m","size":"1","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}}`)
	ctl("advance", "1h")
	hash := strings.TrimSpace(ctl("hash"))
	if out := ctl("record", "off"); !strings.Contains(out, "Recorded 5 calls in "+trace) {
		t.Error(out)
	}
	if out := holdfast(t, "replay", trace); !strings.Contains(out, hash) {
		t.Errorf("the node has the hash %s, replay prints\n%s", hash, out)
	}
	if out := holdfast(t, "compare", "--trace", trace, "--days", "1", "none", "lru"); !strings.Contains(out, "lru") {
		t.Error(out)
	}
}

// TestCtlToken controls a server at a TCP address with the token from a file and from the environment.
func TestCtlToken(t *testing.T) {
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Listen(node, "tcp://127.0.0.1:0", server.WithToken("secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hash := node.Hash().String()
	if out := holdfast(t, "ctl", "hash", "-a", s.Address(), "--token-file", file); !strings.Contains(out, hash) {
		t.Error(out)
	}
	t.Setenv("HOLDFAST_TOKEN", "secret")
	if out := holdfast(t, "ctl", "hash", "-a", s.Address()); !strings.Contains(out, hash) {
		t.Error(out)
	}
}
