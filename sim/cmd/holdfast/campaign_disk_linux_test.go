package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fullDiskScript runs the rest of the command line twice, on a small file system of its own at $0: first until the
// coordinator ends because the disk is full, then with room again.
const fullDiskScript = `
mount -t tmpfs -o size=8m tmpfs "$0" || exit 99
echo mounted >&2
"$@" --coordinate-only --serve 0 || code=$?
rm "$0/filler"
test "$code" = 3 || exit 98
exec "$@" --workers 2
`

// TestFullDisk fills the disk below an embedded server. The coordinator ends and says why; with free space, the
// same command line completes the campaign.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("sh", append([]string{"-c", fullDiskScript, dir, self}, strings.Fields("campaign start sim --seeds 40 --ops 200 --json --ack-wait 300ms --dir "+dir)...)...)
	cmd.Env = append(os.Environ(), runAsCommand+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: uid, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
	}
	p, err := launch(t, cmd)
	if err != nil {
		t.Skipf("a small file system needs a mount namespace: %v", err)
	}
	for !strings.Contains(p.stderr(), "mounted\n") {
		select {
		case <-p.ended:
			t.Skipf("a small file system needs permission to mount: %s", p.stderr())
		case <-time.After(5 * time.Millisecond):
		}
	}
	url := p.says(t, "serving at")
	p.says(t, "campaign sim-")
	fill(t, filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "root", dir, "filler"))
	w := startProcess(t, "", nil, "campaign", "work", "--workers", "1", "--server", url)
	p.says(t, "is the disk full?")
	w.signal(syscall.SIGTERM)
	if code := p.wait(t); code != exitOK {
		t.Fatalf("exit code %d: %s", code, p.stderr())
	}
	sameSummary(t, p.out.String(), holdfast(t, strings.Fields("sim --seeds 40 --ops 200 --json")...))
}

// fill writes a file until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = io.WriteString(f, strings.Repeat("x", 4096))
	}
	for err = nil; err == nil; {
		_, err = io.WriteString(f, "x")
	}
}
