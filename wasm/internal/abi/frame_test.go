package abi_test

import (
	"bytes"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

func TestFrame(t *testing.T) {
	for _, parts := range [][2]string{{"", ""}, {"{}", ""}, {"", "body"}, {`{"verb":"open"}`, "\x00\xff"}} {
		frame := abi.AppendFrame([]byte("before"), []byte(parts[0]), []byte(parts[1]))[len("before"):]
		if len(frame) != abi.FrameSize(len(parts[0]), len(parts[1])) {
			t.Errorf("%q: %d bytes", parts, len(frame))
		}
		header, body, err := abi.SplitFrame(frame)
		if err != nil || string(header) != parts[0] || string(body) != parts[1] {
			t.Errorf("%q splits into %q, %q, %v", parts, header, body, err)
		}
		for n := range 4 + len(parts[0]) {
			if _, _, err := abi.SplitFrame(frame[:n]); !errdefs.IsInvalidArgument(err) {
				t.Errorf("%q truncated to %d bytes: %v", parts, n, err)
			}
		}
	}
	if _, _, err := abi.SplitFrame(bytes.Repeat([]byte{255}, 100)); !errdefs.IsInvalidArgument(err) {
		t.Error(err)
	}
}
