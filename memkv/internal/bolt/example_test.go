package bolt_test

import (
	"bytes"
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// entries is a bucket with values alone, in ascending key order.
type entries [][2]string

func (e entries) Sequence() uint64 { return 0 }

func (e entries) ForEach(f func(key, value []byte, sub bolt.Source) error) error {
	for _, entry := range e {
		if err := f([]byte(entry[0]), []byte(entry[1]), nil); err != nil {
			return err
		}
	}
	return nil
}

// Write a file in memory, damage one byte of its only leaf page, and check it.
func ExampleFile_Check() {
	var file bytes.Buffer
	if _, err := bolt.Write(&file, entries{{"a", "1"}, {"b", "2"}}, bolt.Options{}); err != nil {
		fmt.Println(err)
	}
	data := file.Bytes()
	at := bytes.LastIndexByte(data, 'b')
	data[at] = 'A'
	f, err := bolt.OpenBytes(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := f.Check()
	fmt.Println(report.Keys, "keys", err)
	for _, fault := range report.Faults {
		fmt.Println(fault)
	}
	// Output:
	// 2 keys <nil>
	// page 3 (byte 12320): element 1: key "A" does not come after "a"
}
