//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runAsCommand makes the test's binary run the command instead of the tests.
const runAsCommand = "HOLDFAST_TEST_RUN_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(runAsCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestInterrupt sends SIGINT to verbs that run for long: each ends with the exit code 130.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	root := unpackRoot(t, filepath.Join(caseFolder(t, "zeroed-config"), "root.tar.gz"))
	enlargeLayer(t, root)
	pipe := filepath.Join(t.TempDir(), "pipe") // nobody writes to it
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct{ name, args, stdout string }{
		{"sim", "sim --seeds 0 --ops 1000 --workers 1", "interrupted"},
		{"sim --check", "sim --check " + pipe, ""},
		{"compare", "compare --days 300 --seeds 50 --workers 1", ""},
		{"tune", "tune --goal refetch=min --days 300 --seeds 50 --workers 1", ""},
		{"replay", "replay " + pipe, ""},
		{"events", "events " + pipe, ""},
		{"fsck --verify", "fsck --verify " + root, ""},
		{"plan", "plan " + pipe, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self, strings.Fields(c.args)...)
			cmd.Env = append(os.Environ(), runAsCommand+"=1")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			time.Sleep(time.Second)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatalf("it has ended before the signal: %v", err)
			}
			select {
			case err = <-ended:
			case <-time.After(20 * time.Second):
				_ = cmd.Process.Kill()
				t.Fatal("it does not end")
			}
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || !strings.Contains(stdout.String(), c.stdout) {
				t.Errorf("%v\n%s%s", err, &stdout, &stderr)
			}
		})
	}
}

// enlargeLayer makes the largest blob of a root directory so large that nobody waits for its digest.
func enlargeLayer(t *testing.T, root string) {
	t.Helper()
	blobs, err := filepath.Glob(filepath.Join(root, "io.containerd.content.v1.content/blobs/sha256/*"))
	if err != nil || len(blobs) == 0 {
		t.Fatalf("no blobs: %v", err)
	}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	largest := slices.MaxFunc(blobs, func(a, b string) int { return cmp.Compare(size(a), size(b)) })
	if err := os.Truncate(largest, 100<<30); err != nil {
		t.Skip(err)
	}
}

// TestInterruptDuringMeasure stops top --measure: the directories are not walked, and the exit code is 130.
func TestInterruptDuringMeasure(t *testing.T) {
	root := unpackRoot(t, filepath.Join(caseFolder(t, "sizes-from-snapshotter"), "root.tar.gz"))
	ctrlC := newInterrupt(func(int) { t.Error("the process would end") })
	defer ctrlC.stop()
	c := &console{ctx: ctrlC.ctx, ctrlC: ctrlC, err: &bytes.Buffer{}}
	s, err := c.source(root, disk{})
	if err != nil {
		t.Fatal(err)
	}
	ctrlC.cancel()
	if _, err = c.examineSource(s, &question{measure: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestSecondInterrupt presses Ctrl-C twice: the second one ends a verb that does not stop.
func TestSecondInterrupt(t *testing.T) {
	codes := make(chan int)
	ctrlC := newInterrupt(func(code int) { codes <- code })
	defer ctrlC.stop()
	defer ctrlC.graceful()()
	ctrlC.signals <- os.Interrupt
	<-ctrlC.ctx.Done()
	ctrlC.signals <- os.Interrupt
	if code := <-codes; code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}
