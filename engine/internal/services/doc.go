// Package services has containerd's services for a node, as its clients see them: the stores of the engine, and the
// parts of a daemon that are not in its stores, for example the events of containers, synchronous deletion, and the
// differ. Package client serves them within the process, and package server over a socket.
package services
