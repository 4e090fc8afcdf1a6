//go:build !wasm

package containers

import "github.com/containerd/containerd/v2/core/containers"

type (
	// Container is a record of the container store.
	Container = containers.Container
	// RuntimeInfo is the name and the options of a container's runtime.
	RuntimeInfo = containers.RuntimeInfo
	// Store stores container records.
	Store = containers.Store
)
