package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// A scope is what headers of Ops say again and again.
type scope struct {
	namespace string // "": none
	leased    bool
	lease     string
}

// context returns ctx with the scope in it.
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

// scopes keeps the contexts of scopes that have no other context above them.
type scopes map[scope]context.Context

// scopesMax is how many are kept.
const scopesMax = 256

// context is scope.context, made once where it can be.
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
