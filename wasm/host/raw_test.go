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

// raw calls the exports of an instance directly, like a host in another language.
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

// do calls an export, which must not trap.
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

// call calls the export "call" and returns the code of the response.
func (r raw) call(address, size uint64) string {
	r.Helper()
	packed := r.do("call", address, size)
	frame, ok := r.module.Memory().Read(uint32(packed>>32), uint32(packed))
	if !ok {
		r.Fatalf("call(%#x, %d): the response is outside the memory: %#x", address, size, packed)
	}
	header, _, err := abi.SplitFrame(frame)
	var a abi.Response[json.RawMessage]
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

// write copies a frame into a new buffer and returns its address.
func (r raw) write(frame []byte) uint64 {
	r.Helper()
	address := r.do("alloc", uint64(len(frame)))
	if address == 0 || !r.module.Memory().Write(uint32(address), frame) {
		r.Fatalf("no buffer of %d bytes", len(frame))
	}
	return address
}

// TestRaw calls the exports with invalid arguments. No call may trap, and a valid call must still succeed afterwards.
// It runs in the interpreter, which the other tests rarely use.
func TestRaw(t *testing.T) {
	r := newRaw(t)
	if v := r.do("abi_version"); v != abi.Version {
		t.Fatalf("version %d", v)
	}
	frame := abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil)
	valid := func() {
		t.Helper()
		at := r.write(frame)
		if code := r.call(at, uint64(len(frame))); code != "ok" {
			t.Errorf("a valid call: %s", code)
		}
		r.do("free", at)
	}
	valid()

	for _, size := range []uint64{0, 1 << 30, math.MaxUint32, abi.AllocMax + 1} {
		if r.do("alloc", size) != 0 {
			t.Errorf("alloc(%d) succeeded", size)
		}
	}
	valid()

	at := r.write(frame)
	for _, wrong := range []uint64{0, 1, 8, 4096, at - 8, at + 1, 1 << 31, math.MaxUint32} {
		for _, size := range []uint64{0, 1, uint64(len(frame)), 1 << 30, math.MaxUint32} {
			if code := r.call(wrong, size); code != "invalid_argument" {
				t.Errorf("call(%#x, %d): %s", wrong, size, code)
			}
		}
		r.do("free", wrong)
	}
	valid()

	for _, size := range []uint64{0, 3, 4, uint64(len(frame)) - 1, uint64(len(frame)) + 1, 1 << 30, math.MaxUint32} {
		if code := r.call(at, size); code != "invalid_argument" {
			t.Errorf("%d of %d bytes: %s", size, len(frame), code)
		}
	}
	for range 3 {
		r.do("free", at)
	}
	if code := r.call(at, uint64(len(frame))); code != "invalid_argument" {
		t.Errorf("a freed buffer: %s", code)
	}
	valid()

	huge := r.write([]byte{255, 255, 255, 255, '{', '}'})
	if code := r.call(huge, 6); code != "invalid_argument" {
		t.Errorf("a header of 4 GiB: %s", code)
	}
	valid()
}
