package host

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
)

// pageSize is that of WebAssembly.
const pageSize = 64 << 10

// An Option sets something about a Host.
type Option func(*options)

type options struct {
	cache       *Cache
	memory      uint64
	interpreted bool
	interrupted bool
}

// defaultMemory is enough for databases many times as large as any that was seen.
const defaultMemory = 2 << 30

// WithCache has compiled code be looked for in a cache first, and be kept there. Without it New compiles the module, which
// takes seconds.
func WithCache(c *Cache) Option { return func(o *options) { o.cache = c } }

// WithMemoryLimit sets how many bytes of memory the instance may have, up to 4 GiB, instead of 2 GiB. An instance that
// needs more ends. It begins with 8 MiB; a database takes twice the size of its file, and with the questions about it, up
// to six times.
func WithMemoryLimit(bytes uint64) Option { return func(o *options) { o.memory = bytes } }

// WithInterpreter has the module be interpreted instead of compiled. That works on every machine, begins at once, and
// is some ten times as slow.
func WithInterpreter() Option { return func(o *options) { o.interpreted = true } }

// WithInterrupts has the end of a context end a call that runs within microseconds, instead of when the module looks at
// its clock the next time: see the documentation of the package. The module then takes some five times as long for
// everything.
func WithInterrupts() Option { return func(o *options) { o.interrupted = true } }

func (o *options) runtime() (wazero.RuntimeConfig, error) {
	config := wazero.NewRuntimeConfig()
	if o.interpreted {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	pages := o.memory / pageSize
	if pages < 1 || pages > 65536 {
		return nil, fmt.Errorf("host: a memory limit of %d bytes: must be from %d to 4 GiB", o.memory, pageSize)
	}
	config = config.WithMemoryLimitPages(uint32(pages)).WithCloseOnContextDone(o.interrupted)
	if o.cache != nil {
		config = config.WithCompilationCache(o.cache.compiled)
	}
	return config, nil
}

// A Cache keeps compiled code. It is safe for concurrent use.
type Cache struct{ compiled wazero.CompilationCache }

// NewCache returns a cache that keeps what it is given in a folder too, which is made if need be, so that it is there for
// the next process. With "" it is kept in memory alone. The folder must be nobody else's to write to: what is in it is
// run.
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

// Close gives the code in memory up. All hosts that use it must be closed before.
func (c *Cache) Close(ctx context.Context) error { return c.compiled.Close(ctx) }
