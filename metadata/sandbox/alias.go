//go:build !wasm

package sandbox

import "github.com/containerd/containerd/v2/core/sandbox"

type (
	// Sandbox is a record of the sandbox store.
	Sandbox = sandbox.Sandbox
	// RuntimeOpts says which runtime a sandbox has, and its options.
	RuntimeOpts = sandbox.RuntimeOpts
	// Store keeps sandbox records.
	Store = sandbox.Store
)
