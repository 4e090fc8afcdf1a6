package built

import (
	"fmt"
	"os"
	"os/exec"
)

// Package is the import path of the module.
const Package = "github.com/holdfast-gc/holdfast/wasm/guest"

// Module builds the module into a file and returns its bytes.
func Module(file string) ([]byte, error) {
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", file, Package)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the module does not build: %w\n%s", err, said)
	}
	return os.ReadFile(file)
}
