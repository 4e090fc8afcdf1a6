package built_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/holdfast-gc/holdfast/wasm/internal/built"
)

func Example() {
	folder, err := os.MkdirTemp("", "built")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	wasm, err := built.Module(filepath.Join(folder, "holdfast.wasm"))
	fmt.Printf("%q %v\n", wasm[:4], err)
	// Output: "\x00asm" <nil>
}
