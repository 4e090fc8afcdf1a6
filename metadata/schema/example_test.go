package schema_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// The values in one part of a record, with their encodings.
func Example() {
	db, err := boltfile.Open("../testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	image, err := schema.ParseNode("image/default/example.local/scratch:latest")
	if err != nil {
		log.Fatal(err)
	}
	_ = db.View(func(tx *memkv.Tx) error {
		version, _ := schema.VersionOf(tx)
		fmt.Println("schema", version)
		target := append(schema.RecordPath(image), schema.KeyTarget)
		fmt.Println(strings.Join(target, " > "))
		for e := range schema.Entries(tx.Freeze(), target...) {
			if value, err := e.Decode(); err == nil && !e.Bucket {
				fmt.Printf("%s = %s (%s)\n", e.Field, value, e.Form)
			}
		}
		return nil
	})
	// Output:
	// schema 4
	// v1 > default > images > example.local/scratch:latest > target
	// target/digest = sha256:2b1f3fbec95b7de1da2be60d6d87e301ced3107c9e5eb6565ef5b9496bb7eb48 (digest)
	// target/mediatype = application/vnd.oci.image.manifest.v1+json (text)
	// target/size = 401 (varint)
}
