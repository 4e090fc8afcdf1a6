package abi_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

func Example() {
	frame := abi.AppendFrame(nil, []byte(`{"verb":"open"}`), []byte("bytes of a database"))
	fmt.Println(frame[:4])
	header, body, _ := abi.SplitFrame(frame)
	fmt.Printf("%s %s\n", header, body)
	// Output:
	// [15 0 0 0]
	// {"verb":"open"} bytes of a database
}
