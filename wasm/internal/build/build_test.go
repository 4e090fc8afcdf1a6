package build_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/holdfast-gc/holdfast/wasm/internal/build"
)

func Example() {
	folder, err := os.MkdirTemp("", "build")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	wasm, err := build.Guest(filepath.Join(folder, "holdfast.wasm"))
	fmt.Printf("%q %v\n", wasm[:4], err)
	// Output: "\x00asm" <nil>
}
