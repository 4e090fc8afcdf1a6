package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// A scope is the part of a header that many Ops have in common.
type scope struct {
	namespace string // "": none
	leased    bool
	lease     string
}

// context returns ctx with the scope.
func (s scope) context(ctx context.Context) context.Context {
	ctx = log.Silent(context.WithValue(ctx, applyingKey{}, true))
	if s.namespace != "" {
		ctx = namespaces.WithNamespace(ctx, s.namespace)
	}
	if s.leased {
		ctx = leases.WithLease(ctx, s.lease)
	}
	return ctx
}

// scopes caches the contexts of scopes without another parent context.
type scopes map[scope]context.Context

// scopesMax is the size of the cache.
const scopesMax = 256

// context is scope.context with the cache.
func (all scopes) context(ctx context.Context, s scope) context.Context {
	if ctx != context.Background() {
		return s.context(ctx)
	}
	known, ok := all[s]
	if !ok {
		if len(all) == scopesMax {
			clear(all)
		}
		known = s.context(ctx)
		all[s] = known
	}
	return known
}
