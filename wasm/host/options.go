package host

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
)

// pageSize is the size of a page of WebAssembly memory.
const pageSize = 64 << 10

// An Option configures a [Host].
type Option func(*options)

type options struct {
	cache       *Cache
	memory      uint64
	interpreted bool
	interrupted bool
}

// defaultMemory is many times the memory that the largest known database needs.
const defaultMemory = 2 << 30

// WithCache loads and stores compiled code in c. Without a cache, [New] compiles the module, which takes seconds.
func WithCache(c *Cache) Option { return func(o *options) { o.cache = c } }

// WithMemoryLimit sets the memory limit of the instance in bytes, at most 4 GiB; the default is 2 GiB. An instance that
// needs more memory ends. It starts with 8 MiB. An instance with one database takes about twice the size of its
// file, and four times while it is checked.
func WithMemoryLimit(bytes uint64) Option { return func(o *options) { o.memory = bytes } }

// WithInterpreter interprets the module instead of compiling it. The interpreter works on every platform and starts at
// once, but is about ten times as slow.
func WithInterpreter() Option { return func(o *options) { o.interpreted = true } }

// WithInterrupts makes a running call return within microseconds after its context ends. Without it, a call returns
// when the module next reads its clock; see the documentation of the package. With it, the module is about five times
// as slow.
func WithInterrupts() Option { return func(o *options) { o.interrupted = true } }

func (o *options) runtime() (wazero.RuntimeConfig, error) {
	config := wazero.NewRuntimeConfig()
	if o.interpreted {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	pages := o.memory / pageSize
	if pages < 1 || pages > 65536 {
		return nil, fmt.Errorf("host: the memory limit is %d bytes; it must be from %d bytes to 4 GiB", o.memory, pageSize)
	}
	config = config.WithMemoryLimitPages(uint32(pages)).WithCloseOnContextDone(o.interrupted)
	if o.cache != nil {
		config = config.WithCompilationCache(o.cache.compiled)
	}
	return config, nil
}

// A Cache stores compiled code. It is safe for concurrent use.
type Cache struct{ compiled wazero.CompilationCache }

// NewCache returns a cache that stores compiled code in memory and in a folder, which it creates if needed. With an
// empty folder, it stores code in memory only. Only trusted users may write to the folder, because the host runs the
// code in it.
func NewCache(folder string) (*Cache, error) {
	if folder == "" {
		return &Cache{wazero.NewCompilationCache()}, nil
	}
	compiled, err := wazero.NewCompilationCacheWithDir(folder)
	if err != nil {
		return nil, fmt.Errorf("host: cache: %w", err)
	}
	return &Cache{compiled}, nil
}

// Close releases the code in memory. Close all Hosts that use the cache first.
func (c *Cache) Close(ctx context.Context) error { return c.compiled.Close(ctx) }
