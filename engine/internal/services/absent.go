//go:build !wasm

package services

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// tasks is the prefix of the methods of the task service.
const tasks = "/containerd.services.tasks.v1.Tasks/"

// Absent answers a call of a service that a node lacks: nil for an empty reply, or a gRPC status. A node runs no tasks:
// Create is not implemented, a task is not found, and the list of tasks is empty.
func Absent(method string) error {
	call, isTask := strings.CutPrefix(method, tasks)
	switch {
	case !isTask:
		return status.Errorf(codes.Unimplemented, "%s: a node in memory lacks this service", method)
	case call == "List" || call == "Metrics":
		return nil
	case call == "Create":
		return status.Errorf(codes.Unimplemented, "%s: a node in memory runs no tasks", method)
	}
	return status.Errorf(codes.NotFound, "%s: a node in memory runs no tasks", method)
}
