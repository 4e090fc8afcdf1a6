//go:build daemon

package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/api/events"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/typeurl/v2"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/server"
)

// These tests compare a server with containerd's daemon. They need root, and the binaries that `make serve-compare`
// builds: the environment variables CTR, NERDCTL and CONTAINERD have their paths.

// daemonConfig is the configuration of the daemon, in a folder. Its collections run only if a client waits for one.
const daemonConfig = `version = 4
root = "%[1]s/root"
state = "%[1]s/state"
disabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri", "io.containerd.podsandbox.controller.v1.podsandbox"]

[plugins."io.containerd.server.v1.grpc"]
address = "%[1]s/socket"
[plugins."io.containerd.server.v1.ttrpc"]
address = "%[1]s/ttrpc"
[plugins."io.containerd.gc.v1.scheduler"]
startup_delay = "100h"
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
platform = "linux/amd64"
snapshotter = "native"
differ = "walking"
`

// startDaemon starts containerd's daemon, and returns its socket and its database.
func startDaemon(t *testing.T) (socket, database string) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, daemonConfig, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	daemon := exec.Command(binary(t, "CONTAINERD"), "--config", config)
	daemon.Stdout, daemon.Stderr = &log, &log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Signal(os.Interrupt)
		_ = daemon.Wait()
		if t.Failed() {
			t.Logf("the daemon's log:\n%s", log.String())
		}
	})
	socket = filepath.Join(dir, "socket")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the daemon does not listen: %v", err)
		}
	}
	return socket, filepath.Join(dir, "root/io.containerd.metadata.v1.bolt/meta.db")
}

func binary(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("the environment variable %s is not set; run make serve-compare", variable)
	}
	return path
}

// A caller makes one call of a command to a server. The result has the exit code, the output and the errors.
type caller func(t *testing.T, socket, line string) string

func ctr(t *testing.T, socket, line string) string {
	t.Helper()
	words := strings.Fields(line)
	for attempt := 1; ; attempt++ {
		output := call(t, line, binary(t, "CTR"), "--address", socket)
		exported := strings.HasPrefix(line, "images export ") && strings.HasPrefix(output, "exit 0")
		if !exported || archiveEnds(words[2]) || attempt == 5 {
			return output
		}
	}
}

// archiveEnds reports whether a file has the end of a tar archive. `ctr images export` can end, with any server, before
// it has written the whole stream.
func archiveEnds(file string) bool {
	archive, err := os.ReadFile(file)
	return err == nil && bytes.HasSuffix(archive, make([]byte, 1024))
}

// nerdctl returns a caller of nerdctl with folders of its own for each server.
func nerdctl(t *testing.T) caller {
	folders := map[string]string{}
	return func(t2 *testing.T, socket, line string) string {
		t2.Helper()
		if folders[socket] == "" {
			folders[socket] = t.TempDir()
		}
		dir := folders[socket]
		return call(t2, line, binary(t2, "NERDCTL"), "--address", socket, "--snapshotter", "native", "--cgroup-manager", "none",
			"--data-root", filepath.Join(dir, "data"), "--cni-netconfpath", filepath.Join(dir, "cni"))
	}
}

// call runs a command with arguments and the words of a line. A file after "<" is its input.
func call(t *testing.T, line, name string, args ...string) string {
	t.Helper()
	line, input, _ := strings.Cut(line, " < ")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, append(args, strings.Fields(line)...)...)
	cmd.Env = append(os.Environ(), "CONTAINERD_SNAPSHOTTER=native", "CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1")
	if input != "" {
		f, err := os.Open(input)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.Stdin = f
	}
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	_ = cmd.Run()
	return fmt.Sprintf("exit %d\n%s%s", cmd.ProcessState.ExitCode(), out.String(), errors.String())
}

// varying are the parts of an output that depend on the time, on random names or on the disk.
var varying = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d{4} UTC))?`), "TIME"},
	{regexp.MustCompile(`extract-\d+-[\w-]{4}`), "extract-N"},
	{regexp.MustCompile(`Less than a second|\d+ seconds?`), "AGE"},
	{regexp.MustCompile(`elapsed: [\d.]+ ?s\s+total: .*`), "elapsed"},
	{regexp.MustCompile(`time="[^"]*"`), "time"},
	{regexp.MustCompile(`(?m)^        "size": \d+$`), `"size": SIZE`}, // nerdctl measures blocks and folders on the disk
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
	{regexp.MustCompile(`  +`), "  "},
	{regexp.MustCompile(`\t+`), "\t"},
	{regexp.MustCompile(`(?s)\nctr: (.*: )?`), "\nctr: "}, // the text of errors is our own, its class is at the end
	{regexp.MustCompile(`error="(.*: )?`), `error="`},
	{regexp.MustCompile(`(?m) [\d.]+ (B|KiB) \d+$`), " SIZE INODES"}, // the daemon measures blocks and folders on the disk
	{regexp.MustCompile(`(linux/amd64  )[\d.]+k?B  `), "${1}SIZE  "}, // so does nerdctl
	{regexp.MustCompile(`("(Virtual)?Size": ?"?)[\d.]+(kB|B)?`), "${1}SIZE"},
}

// labels is a line with several labels, which ctr prints in any order.
var labels = regexp.MustCompile(`(?m)^[^\s,=]+=[^\s,=]*(,[^\s,=]+=[^\s,=]*)+$`)

// comparable replaces the varying parts of an output.
func comparable(output string, sockets ...string) string {
	output = labels.ReplaceAllStringFunc(output, func(line string) string {
		all := strings.Split(line, ",")
		slices.Sort(all)
		return strings.Join(all, ",")
	})
	for _, v := range varying {
		output = v.pattern.ReplaceAllString(output, v.with)
	}
	for _, s := range sockets {
		output = strings.ReplaceAll(output, s, "SOCKET")
	}
	return output
}

// timed reports whether a field holds a time.
func timed(field string) bool {
	return strings.HasSuffix(field, "createdat") || strings.HasSuffix(field, "updatedat")
}

// TestSideBySide makes the calls of testdata/ctr.txt to the daemon and to a server, and compares the outputs, the
// events and the databases.
func TestSideBySide(t *testing.T) { sideBySide(t, "testdata/ctr.txt", ctr) }

// TestNerdctl does the same with testdata/nerdctl.txt.
func TestNerdctl(t *testing.T) { sideBySide(t, "testdata/nerdctl.txt", nerdctl(t)) }

func sideBySide(t *testing.T, file string, run caller) {
	socket, database := startDaemon(t)
	node, err := engine.New(engine.WithStart(time.Now()), engine.WithSnapshotters("native", "overlayfs"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Listen(node, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	dirs := []string{t.TempDir(), t.TempDir()} // each server exports to its own folder
	app, blob := newLayout(t, "first", "second"), []byte("hello world")
	for _, dir := range dirs {
		for name, data := range map[string][]byte{"app.tar": app.archive, "blob": blob} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var recorded [2]func() []string
	for i, address := range []string{socket, s.Address()} {
		recorded[i] = recordEvents(t, address)
	}
	calls := 0
	for number, line := range strings.Split(string(script), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line == "database" {
			t.Run(fmt.Sprintf("line %d, database", number+1), func(t *testing.T) { compareDatabases(t, database, node) })
			continue
		}
		calls++
		t.Run(fmt.Sprintf("line %d", number+1), func(t *testing.T) {
			var outputs [2]string
			node.Clock().Advance(time.Millisecond) // nerdctl sorts by time
			for i, address := range []string{socket, s.Address()} {
				call := strings.NewReplacer("$DIR", dirs[i], "$BLOB", digest.FromBytes(blob).String(),
					"$INDEX", app.index.String(), "$MANIFEST", app.blobs[3].Digest.String()).Replace(line)
				outputs[i] = strings.ReplaceAll(comparable(run(t, address, call), address), dirs[i], "DIR")
			}
			if outputs[0] != outputs[1] {
				t.Errorf("%s\nthe daemon:\n%s\nthe server:\n%s", line, outputs[0], outputs[1])
			} else if testing.Verbose() {
				t.Logf("%s\n%s", line, outputs[0])
			}
		})
	}
	t.Logf("%d calls", calls)
	t.Run("events", func(t *testing.T) {
		daemon, ours := recorded[0](), recorded[1]()
		if len(daemon) < 20 || !slices.Equal(daemon, ours) {
			t.Errorf("the daemon:\n%s\nthe server:\n%s", strings.Join(daemon, "\n"), strings.Join(ours, "\n"))
		}
	})
}

// recordEvents records the events of a server from now on. The result ends the recording and returns the events. They
// are sorted, because the daemon publishes the removals of a collection in any order.
func recordEvents(t *testing.T, socket string) (end func() []string) {
	t.Helper()
	c, err := containerd.New(socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); c.Close() })
	received, errs := c.Subscribe(ctx)
	// The subscription begins some time after the call. Once it receives a first event, it misses no other.
	inTest := namespaces.WithNamespace(ctx, "test")
	publish := func(topic string) {
		if err := c.EventService().Publish(inTest, topic, &events.NamespaceCreate{Name: "test"}); err != nil {
			t.Error(err)
		}
	}
	const first, last = "/test/begin", "/test/end"
	for active := false; !active; {
		publish(first)
		select {
		case <-received:
			active = true
		case <-time.After(10 * time.Millisecond):
		}
	}
	var lines []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case e := <-received:
				if e.Topic == last {
					return
				} else if e.Topic == first {
					continue
				}
				event, err := typeurl.UnmarshalAny(e.Event)
				if err != nil {
					t.Error(err)
				}
				text, err := json.Marshal(event)
				if err != nil {
					t.Error(err)
				}
				lines = append(lines, comparable(fmt.Sprintf("%s %s %s", e.Namespace, e.Topic, text)))
			case <-errs:
				return
			}
		}
	}()
	return func() []string {
		publish(last)
		<-done
		slices.Sort(lines)
		return lines
	}
}

// compareDatabases reports the differences between the databases of the daemon and of a node. Times are ignored.
func compareDatabases(t *testing.T, database string, node *engine.Engine) {
	real, err := engine.Open(database, engine.WithSnapshotters("native", "overlayfs"))
	if err != nil {
		t.Fatal(err)
	}
	diff, err := node.Diff(real)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(diff.Added, diff.Removed...) {
		t.Errorf("only one database has %s", name)
	}
	for _, c := range diff.Changed {
		for _, f := range c.Fields {
			if f.From == nil || f.To == nil {
				t.Errorf("%s: only one database has the field %s", c.Node, f.Field)
			} else if !timed(f.Field) && comparable(*f.From) != comparable(*f.To) {
				t.Errorf("%s: %s is %s in the server, %s in the daemon", c.Node, f.Field, *f.From, *f.To)
			}
		}
	}
	for _, f := range diff.Outside {
		t.Errorf("%s differs: %v", f.Field, f)
	}
}

// TestLatency makes the calls of TestLoad to the daemon and to a server, and prints the durations of both.
func TestLatency(t *testing.T) {
	clients, rounds := 50, 250
	if testing.Short() {
		rounds = 20
	}
	socket, _ := startDaemon(t)
	for _, target := range []struct{ name, address string }{{"the daemon", "unix://" + socket}, {"the server", serve(t).Target()}} {
		began := time.Now()
		took := load(t, target.address, clients, rounds)
		all := time.Since(began)
		slices.Sort(took)
		at := func(per1000 int) time.Duration {
			return took[len(took)*per1000/1000].Round(10 * time.Microsecond)
		}
		t.Logf("%s: %d calls of %d clients in %s: p50 %s, p99 %s, p99.9 %s", target.name, len(took), clients, all.Round(time.Millisecond), at(500), at(990), at(999))
	}
}
