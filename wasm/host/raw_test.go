package host_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// raw is an instance that is called as a host in another language does it, well or badly.
type raw struct {
	testing.TB
	module api.Module
}

func newRaw(t testing.TB) raw {
	t.Helper()
	ctx := t.Context()
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { runtime.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	m, err := runtime.InstantiateWithConfig(ctx, module, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		t.Fatal(err)
	}
	return raw{t, m}
}

// do calls a function, which must not trap.
func (r raw) do(function string, args ...uint64) uint64 {
	r.Helper()
	results, err := r.module.ExportedFunction(function).Call(r.Context(), args...)
	if err != nil {
		r.Fatalf("%s%v: %v", function, args, err)
	}
	if len(results) == 0 {
		return 0
	}
	return results[0]
}

// call calls "call" with any numbers, and returns the code of the answer.
func (r raw) call(address, size uint64) string {
	r.Helper()
	packed := r.do("call", address, size)
	frame, ok := r.module.Memory().Read(uint32(packed>>32), uint32(packed))
	if !ok {
		r.Fatalf("call(%#x, %d): the answer is outside the memory: %#x", address, size, packed)
	}
	header, _, err := abi.SplitFrame(frame)
	var a abi.Answer[json.RawMessage]
	if err == nil {
		err = json.Unmarshal(header, &a)
	}
	if err != nil {
		r.Fatalf("call(%#x, %d): %v", address, size, err)
	}
	r.do("free", packed>>32)
	r.do("free", packed>>32)
	return string(a.Code)
}

// write allocates a buffer for a frame and writes it.
func (r raw) write(frame []byte) uint64 {
	r.Helper()
	address := r.do("alloc", uint64(len(frame)))
	if address == 0 || !r.module.Memory().Write(uint32(address), frame) {
		r.Fatalf("no buffer of %d bytes", len(frame))
	}
	return address
}

// TestRaw calls the exports with what no host should: nothing traps, and a right call after each still succeeds. It runs
// in the interpreter, so that this is held to the same.
func TestRaw(t *testing.T) {
	r := newRaw(t)
	if v := r.do("abi_version"); v != abi.Version {
		t.Fatalf("version %d", v)
	}
	frame := abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil)
	right := func() {
		t.Helper()
		at := r.write(frame)
		if code := r.call(at, uint64(len(frame))); code != "ok" {
			t.Errorf("a right call: %s", code)
		}
		r.do("free", at)
	}
	right()

	for _, size := range []uint64{0, 1 << 30, math.MaxUint32, abi.AllocMax + 1} {
		if r.do("alloc", size) != 0 {
			t.Errorf("%d bytes were given", size)
		}
	}
	right()

	at := r.write(frame)
	for _, wrong := range []uint64{0, 1, 8, 4096, at - 8, at + 1, 1 << 31, math.MaxUint32} {
		for _, size := range []uint64{0, 1, uint64(len(frame)), 1 << 30, math.MaxUint32} {
			if code := r.call(wrong, size); code != "invalid_argument" {
				t.Errorf("call(%#x, %d): %s", wrong, size, code)
			}
		}
		r.do("free", wrong)
	}
	right()

	for _, size := range []uint64{0, 3, 4, uint64(len(frame)) - 1, uint64(len(frame)) + 1, 1 << 30, math.MaxUint32} {
		if code := r.call(at, size); code != "invalid_argument" {
			t.Errorf("%d of %d bytes: %s", size, len(frame), code)
		}
	}
	for range 3 {
		r.do("free", at)
	}
	if code := r.call(at, uint64(len(frame))); code != "invalid_argument" {
		t.Errorf("a buffer that was freed: %s", code)
	}
	right()

	huge := r.write([]byte{255, 255, 255, 255, '{', '}'})
	if code := r.call(huge, 6); code != "invalid_argument" {
		t.Errorf("a header of 4 GiB: %s", code)
	}
	right()
}
