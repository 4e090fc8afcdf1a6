package abi

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/containerd/errdefs"
)

// prefixSize is the size of the number that says how long the header is.
const prefixSize = 4

// AppendFrame appends a frame to a slice: the length of the header as 32 bits, least significant byte first, the header,
// and the body.
func AppendFrame(to, header, body []byte) []byte {
	if uint64(len(header)) > math.MaxUint32 {
		panic("a header of more than 4 GiB")
	}
	to = binary.LittleEndian.AppendUint32(to, uint32(len(header)))
	return append(append(to, header...), body...)
}

// FrameSize is how many bytes AppendFrame appends.
func FrameSize(header, body int) int { return prefixSize + header + body }

// SplitFrame returns the parts of a frame, which alias it. The error, of class InvalidArgument, says that it is cut
// short.
func SplitFrame(frame []byte) (header, body []byte, err error) {
	if len(frame) < prefixSize {
		return nil, nil, fmt.Errorf("frame: %d bytes are too few for the length of a header: %w", len(frame), errdefs.ErrInvalidArgument)
	}
	size, rest := binary.LittleEndian.Uint32(frame), frame[prefixSize:]
	if uint64(size) > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("frame: a header of %d bytes, but only %d bytes are left: %w", size, len(rest), errdefs.ErrInvalidArgument)
	}
	return rest[:size:size], rest[size:], nil
}
