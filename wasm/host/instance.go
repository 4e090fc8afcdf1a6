package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// ErrEnded is the error of every call to an instance that has ended, and of the one during which it did. It is of class
// Unavailable. Only another New helps.
var ErrEnded = fmt.Errorf("the instance has ended, and its nodes are gone: make another: %w", errdefs.ErrUnavailable)

// errClosed is why an instance ended that was closed.
var errClosed = errors.New("it was closed")

// An instance is the module as it runs.
type instance struct {
	turn chan struct{} // holds one value: who has it, has all that follows

	module            api.Module
	alloc, free, door api.Function
	clock             clock
	said              said
	ended             error // why; nil while it runs
}

// start runs the module as far as its initialization.
func start(ctx context.Context, runtime wazero.Runtime, wasm []byte) (*instance, error) {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		return nil, err
	}
	code, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("the module: %w", err)
	}
	i := &instance{turn: make(chan struct{}, 1)}
	i.turn <- struct{}{}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
		WithStderr(&i.said).WithNanotime(i.clock.read, clockResolution)
	if i.module, err = runtime.InstantiateModule(ctx, code, config); err != nil {
		return nil, fmt.Errorf("the module does not start: %w%s", err, &i.said)
	}
	version := i.module.ExportedFunction("abi_version")
	i.alloc, i.free, i.door = i.module.ExportedFunction("alloc"), i.module.ExportedFunction("free"), i.module.ExportedFunction("call")
	if version == nil || i.alloc == nil || i.free == nil || i.door == nil || i.module.Memory() == nil {
		return nil, errors.New("not the module: abi_version, alloc, free, call or memory is missing")
	}
	is, err := version.Call(ctx)
	if err != nil {
		return nil, fmt.Errorf("the module: %w", err)
	}
	if len(is) != 1 || is[0] != abi.Version {
		return nil, fmt.Errorf("the module has version %v of the ABI: this host knows version %d", is, abi.Version)
	}
	return i, nil
}

// take waits for the instance. Then the caller must release it.
func (i *instance) take(ctx context.Context) error {
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

// call hands the module a frame and returns that of the answer, which belongs to the caller. If the context ends first,
// the instance ends too.
func (i *instance) call(ctx context.Context, header, body []byte) ([]byte, error) {
	size := abi.FrameSize(len(header), len(body))
	if size > abi.AllocMax {
		return nil, fmt.Errorf("%d bytes are too many for one call: it may have %d: %w", size, abi.AllocMax, errdefs.ErrInvalidArgument)
	}
	if err := i.take(ctx); err != nil {
		return nil, err
	}
	defer i.release()
	i.clock.ctx = ctx
	answer, err := i.exchange(ctx, header, body, size)
	i.clock.ctx = nil
	if err != nil {
		if done := ctx.Err(); done != nil {
			err = done
		}
		i.ended = fmt.Errorf("%w%s", err, &i.said)
		_ = i.module.Close(context.WithoutCancel(ctx)) // whatever state it is in
		return nil, fmt.Errorf("%w: %w", ErrEnded, i.ended)
	}
	return answer, nil
}

// exchange is a call to an instance that the caller has. After an error the instance is in no state to be called.
func (i *instance) exchange(ctx context.Context, header, body []byte, size int) ([]byte, error) {
	request, err := one(i.alloc.Call(ctx, uint64(size)))
	if err != nil {
		return nil, err
	}
	to, ok := i.module.Memory().Read(uint32(request), uint32(size))
	if request == 0 || !ok {
		return nil, fmt.Errorf("no memory for a call of %d bytes", size)
	}
	abi.AppendFrame(to[:0], header, body)
	packed, err := one(i.door.Call(ctx, request, uint64(size)))
	if err != nil {
		return nil, err
	}
	at, length := uint32(packed>>32), uint32(packed)
	from, ok := i.module.Memory().Read(at, length)
	if !ok {
		return nil, fmt.Errorf("the answer is outside the memory: %d bytes at %#x", length, at)
	}
	answer := append([]byte(nil), from...)
	for _, buffer := range []uint64{request, uint64(at)} {
		if _, err := i.free.Call(ctx, buffer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// one returns the only result of a function.
func one(results []uint64, err error) (uint64, error) {
	if err == nil && len(results) != 1 {
		err = fmt.Errorf("a function of the module has %d results, not 1", len(results))
	}
	if err != nil {
		return 0, err
	}
	return results[0], nil
}

// close ends the instance.
func (i *instance) close(ctx context.Context) error {
	if err := i.take(ctx); err != nil {
		if errors.Is(err, ErrEnded) {
			return nil
		}
		return err
	}
	defer i.release()
	i.ended = errClosed
	return i.module.Close(context.WithoutCancel(ctx))
}
