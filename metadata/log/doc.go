// Package log is the logger of the stores, for failures that no error reports. Natively it is containerd's log package,
// which takes the logger from the context. On wasm it logs nothing and links no logger.
package log
