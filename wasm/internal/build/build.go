package build

import (
	"fmt"
	"os"
	"os/exec"
)

// GuestPackage is the import path of the module's main package.
const GuestPackage = "github.com/holdfast-gc/holdfast/wasm/guest"

// Guest builds the module, writes it to path and returns its bytes. It runs the go command, which must be in the PATH.
// The error contains the output of the go command.
func Guest(path string) ([]byte, error) { return guest(path, "-s -w") }

func guest(path, linkerFlags string) ([]byte, error) {
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags="+linkerFlags, "-o", path, GuestPackage)
	cmd.Env = guestEnvironment()
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the module: %w\n%s", err, output)
	}
	return os.ReadFile(path)
}

func guestEnvironment() []string {
	return append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
}
