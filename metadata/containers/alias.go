//go:build !wasm

package containers

import "github.com/containerd/containerd/v2/core/containers"

type (
	// Container is a record of the container store.
	Container = containers.Container
	// RuntimeInfo says which runtime a container has, and its options.
	RuntimeInfo = containers.RuntimeInfo
	// Store keeps container records.
	Store = containers.Store
)
