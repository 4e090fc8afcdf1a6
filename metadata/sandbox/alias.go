//go:build !wasm

package sandbox

import "github.com/containerd/containerd/v2/core/sandbox"

type (
	// Sandbox is a record of the sandbox store.
	Sandbox = sandbox.Sandbox
	// RuntimeOpts is the name and the options of a sandbox's runtime.
	RuntimeOpts = sandbox.RuntimeOpts
	// Store stores sandbox records.
	Store = sandbox.Store
)
