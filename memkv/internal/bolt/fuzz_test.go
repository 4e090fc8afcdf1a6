package bolt

import (
	"bytes"
	"testing"
)

// FuzzRead reads any bytes, as they are and with the checksums of the metas made right, so that
// the fuzzer gets past them. What can be read, must be the same after writing it.
func FuzzRead(f *testing.F) {
	for _, d := range damages {
		s := damageable()
		d.apply(s)
		f.Add(s.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		survives(t, data)
		sealed := bytes.Clone(data)
		(&surgery{data: sealed, pageSize: 1024}).seal()
		survives(t, sealed)

		file, err := OpenBytes(sealed)
		if err != nil {
			return
		}
		root, err := readTree(file)
		if err != nil {
			return
		}
		again := mustRead(t, mustWrite(t, root, Options{PageSize: file.Info().PageSize}))
		if again.dump() != root.dump() {
			t.Fatal("another tree after writing and reading it")
		}
	})
}
