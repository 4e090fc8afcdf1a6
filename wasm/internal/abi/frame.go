package abi

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/containerd/errdefs"
)

// Version is the version of the ABI. It increases with each incompatible change. Verbs and fields of responses may be
// added without a new version.
const Version = 1

// Limits of the module.
const (
	AllocMax    = 256 << 20 // bytes of a buffer, and so of a request
	HeldMax     = 512 << 20 // bytes of all buffers that the host has allocated and not freed
	ResponseMax = 256 << 20 // bytes of a response
	HeaderMax   = 1 << 20   // bytes of the header of a request
	NodesMax    = 1024      // open nodes and files
	JobsMax     = 16        // running jobs
	UnitsMax    = 1_000_000 // units of one step of a job
	OpsMax      = 1_000_000 // Ops of a simulation
	WeightMax   = 1_000_000 // weight of a fault in a simulation
)

// prefixSize is the size in bytes of the length of the header.
const prefixSize = 4

// AppendFrame appends a frame to dst and returns the extended slice. A frame is the length of the header as 32 bits in
// little-endian order, the header, and the body. AppendFrame panics if the header exceeds 4 GiB.
func AppendFrame(dst, header, body []byte) []byte {
	if uint64(len(header)) > math.MaxUint32 {
		panic("abi: the header exceeds 4 GiB")
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(header)))
	return append(append(dst, header...), body...)
}

// FrameSize returns the size in bytes of a frame with a header and a body of the given sizes.
func FrameSize(header, body int) int { return prefixSize + header + body }

// SplitFrame returns the header and the body of a frame. Both alias frame. A truncated frame is an error of class
// InvalidArgument.
func SplitFrame(frame []byte) (header, body []byte, err error) {
	if len(frame) < prefixSize {
		return nil, nil, fmt.Errorf("frame: %d bytes are too few for the length of the header: %w", len(frame), errdefs.ErrInvalidArgument)
	}
	size, rest := binary.LittleEndian.Uint32(frame), frame[prefixSize:]
	if uint64(size) > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("frame: the header needs %d bytes, but only %d bytes are left: %w", size, len(rest), errdefs.ErrInvalidArgument)
	}
	return rest[:size:size], rest[size:], nil
}
