package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// ErrEnded is returned by the call during which an instance ends and by all later calls. Its class is Unavailable. The
// caller needs a new Host.
var ErrEnded = fmt.Errorf("the instance has ended and its nodes are lost; start a new one: %w", errdefs.ErrUnavailable)

// errClosed is the cause of an ErrEnded after Close.
var errClosed = errors.New("the host was closed")

// An instance is a running module.
//
// Invariants: turn contains one token exactly while no goroutine uses the instance; clock.ctx is non-nil only during a
// call; after ended is set, the module is closed and never called again.
type instance struct {
	turn chan struct{} // the receiver of its token has exclusive access to the fields below

	module   api.Module
	alloc    api.Function
	free     api.Function
	exported api.Function // "exchange"
	stack    [2]uint64    // the arguments and results of exported
	small    uint32       // the address of a buffer of smallRequest bytes
	clock    clock
	stderr   stderr
	ended    error // cause; nil while the instance runs
}

// start instantiates and initializes the module.
func start(ctx context.Context, runtime wazero.Runtime, wasm []byte) (*instance, error) {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		return nil, err
	}
	code, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("compile the module: %w", err)
	}
	i := &instance{turn: make(chan struct{}, 1)}
	i.turn <- struct{}{}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
		WithStderr(&i.stderr).WithNanotime(i.clock.read, clockResolution)
	withMemory := experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(reserve))
	if i.module, err = runtime.InstantiateModule(withMemory, code, config); err != nil {
		return nil, fmt.Errorf("start the module: %w%s", err, &i.stderr)
	}
	version := i.module.ExportedFunction("abi_version")
	i.alloc, i.free, i.exported = i.module.ExportedFunction("alloc"), i.module.ExportedFunction("free"), i.module.ExportedFunction("exchange")
	if version == nil || i.alloc == nil || i.free == nil || i.exported == nil || i.module.Memory() == nil {
		return nil, errors.New("not the module: abi_version, alloc, free, exchange or memory is missing")
	}
	found, err := version.Call(ctx)
	if err != nil {
		return nil, fmt.Errorf("abi_version: %w", err)
	}
	if len(found) != 1 || found[0] != abi.Version {
		return nil, fmt.Errorf("the module has version %v of the ABI; this host supports version %d", found, abi.Version)
	}
	small, err := singleResult(i.alloc.Call(ctx, smallRequest))
	if err != nil || small == 0 {
		return nil, fmt.Errorf("no memory for requests: %w", err)
	}
	i.small = uint32(small)
	return i, nil
}

// smallRequest is the largest size of a request that needs no buffer of its own.
const smallRequest = 64 << 10

// acquire waits for exclusive access. After success, the caller must call release.
func (i *instance) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-i.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if i.ended != nil {
		i.release()
		return fmt.Errorf("%w: %w", ErrEnded, i.ended)
	}
	return nil
}

func (i *instance) release() { i.turn <- struct{}{} }

// call sends a frame to the module and returns the frame of the response, which belongs to the caller. If the context
// ends while the module runs, the instance ends.
func (i *instance) call(ctx context.Context, header, body []byte) ([]byte, error) {
	size := abi.FrameSize(len(header), len(body))
	if size > abi.AllocMax {
		return nil, fmt.Errorf("the request has %d bytes; the limit is %d: %w", size, abi.AllocMax, errdefs.ErrInvalidArgument)
	}
	if err := i.acquire(ctx); err != nil {
		return nil, err
	}
	defer i.release()
	i.clock.ctx = ctx
	response, err := i.exchange(ctx, header, body, size)
	i.clock.ctx = nil
	if err != nil {
		if done := ctx.Err(); done != nil {
			err = done
		}
		i.ended = fmt.Errorf("%w%s", err, &i.stderr)
		_ = i.module.Close(context.WithoutCancel(ctx)) // best effort: the instance is already broken
		return nil, fmt.Errorf("%w: %w", ErrEnded, i.ended)
	}
	return response, nil
}

// exchange copies a request into the module's memory, calls the module and copies the response out. The caller has
// exclusive access. After an error, the state of the module is undefined.
func (i *instance) exchange(ctx context.Context, header, body []byte, size int) ([]byte, error) {
	request := i.small
	if size > smallRequest {
		allocated, err := singleResult(i.alloc.Call(ctx, uint64(size)))
		if err != nil {
			return nil, err
		}
		request = uint32(allocated)
	}
	memory, ok := i.module.Memory().Read(request, uint32(size))
	if request == 0 || !ok {
		return nil, fmt.Errorf("no memory for a request of %d bytes", size)
	}
	abi.AppendFrame(memory[:0], header, body)
	i.stack = [2]uint64{uint64(request), uint64(size)}
	if err := i.exported.CallWithStack(ctx, i.stack[:]); err != nil {
		return nil, err
	}
	address, length := uint32(i.stack[0]>>32), uint32(i.stack[0])
	memory, ok = i.module.Memory().Read(address, length)
	if !ok {
		return nil, fmt.Errorf("the response is outside the memory: %d bytes at %#x", length, address)
	}
	response := append([]byte(nil), memory...)
	if size > smallRequest {
		if _, err := i.free.Call(ctx, uint64(request)); err != nil {
			return nil, err
		}
	}
	return response, nil
}

// singleResult returns the result of an exported function that must have exactly one.
func singleResult(results []uint64, err error) (uint64, error) {
	if err == nil && len(results) != 1 {
		err = fmt.Errorf("an export of the module returns %d results, not 1", len(results))
	}
	if err != nil {
		return 0, err
	}
	return results[0], nil
}

// close ends the instance.
func (i *instance) close(ctx context.Context) error {
	if err := i.acquire(ctx); err != nil {
		if errors.Is(err, ErrEnded) {
			return nil
		}
		return err
	}
	defer i.release()
	i.ended = errClosed
	return i.module.Close(context.WithoutCancel(ctx))
}
