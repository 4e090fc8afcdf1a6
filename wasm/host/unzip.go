package host

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// unzipped returns what a gzip'd database unpacks to, which takes the module four times as long. Anything else, and what
// can't be unpacked or gets too large for a call, it returns as it is: the module says what is wrong with it.
func unzipped(database []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(database))
	if err != nil {
		return database
	}
	const most = abi.AllocMax - abi.HeaderMax
	plain, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil || len(plain) > most {
		return database
	}
	return plain
}
