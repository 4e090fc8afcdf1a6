//go:build unix && !race

// The terminal library's reader may still use the terminal when a program has ended, which the race detector reports.
// So these tests run without it, in make plain.

package browse_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/browse"
)

// TestTerminal drives the interface in a pseudo-terminal whose screen an emulator draws: keys arrive, and leaving
// restores the screen that was there before.
func TestTerminal(t *testing.T) {
	m := model(t)
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	// Neither end is closed: the library's reader may use the terminal for a moment after Run has returned.
	if err := pty.Setsize(keyboard, &pty.Winsize{Cols: 100, Rows: 28}); err != nil {
		t.Fatal(err)
	}
	display := &display{Emulator: vt.NewEmulator(100, 28)}
	go func() { _, _ = io.Copy(display, keyboard) }()
	go func() { _, _ = io.Copy(io.Discard, display.Emulator) }() // the emulator's replies to queries

	if _, err := io.WriteString(tty, "$ holdfast browse meta.db\r\n"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- browse.Run(t.Context(), m, tty, tty) }()
	shows := func(text string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if strings.Contains(display.String(), text) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the screen does not show %q:\n%s", text, display.String())
			}
		}
	}
	press := func(keys string) {
		t.Helper()
		if _, err := io.WriteString(keyboard, keys); err != nil {
			t.Fatal(err)
		}
	}
	shows("1.0 MiB+?, 115 objects, by size")
	press("jjj ")
	shows("1 marked: deleting them and collecting frees 1.4 KiB, 5 objects")
	press("/attested\r")
	shows("search: attested")
	press("q")
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("q does not end the interface")
	}
	shows("$ holdfast browse meta.db")
	if strings.Contains(display.String(), "marked") || display.alternate() {
		t.Errorf("the terminal is not restored:\n%s", display.String())
	}
}

// A display is the screen of an emulator. Several goroutines may use it.
type display struct {
	*vt.Emulator
	mu sync.Mutex
}

func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Emulator.Write(p)
}

func (d *display) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Emulator.String()
}

func (d *display) alternate() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Emulator.IsAltScreen()
}

// TestTerminalInterrupt presses Ctrl-C: Run returns ErrInterrupted, also while the user types a search.
func TestTerminalInterrupt(t *testing.T) {
	for _, c := range []struct{ name, keys string }{{"list", "\x03"}, {"search", "/att\x03"}} {
		t.Run(c.name, func(t *testing.T) {
			keyboard, tty, err := pty.Open()
			if err != nil {
				t.Skipf("no pseudo-terminal: %v", err)
			}
			// Neither end is closed, as in TestTerminal.
			go func() { _, _ = io.Copy(io.Discard, keyboard) }()
			ended := make(chan error, 1)
			m := model(t)
			go func() { ended <- browse.Run(t.Context(), m, tty, tty) }()
			time.Sleep(200 * time.Millisecond) // the interface turns off the terminal's own Ctrl-C
			if _, err := io.WriteString(keyboard, c.keys); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-ended:
				if !errors.Is(err, browse.ErrInterrupted) {
					t.Errorf("got %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("Ctrl-C does not end the interface")
			}
		})
	}
}
