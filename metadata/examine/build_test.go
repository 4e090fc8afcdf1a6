package examine_test

import (
	"encoding/binary"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// A tree is a bucket in Go syntax. Its values are strings, or trees for nested buckets.
type tree map[string]any

// at returns the bucket at a path, and creates missing buckets.
func (tr tree) at(path ...string) tree {
	for _, name := range path {
		inner, ok := tr[name].(tree)
		if !ok {
			inner = tree{}
			tr[name] = inner
		}
		tr = inner
	}
	return tr
}

// database returns a database with the content of the tree.
func (tr tree) database(t testing.TB) *memkv.DB {
	t.Helper()
	b := memkv.NewBuilder()
	if err := tr.build(b); err != nil {
		t.Fatal(err)
	}
	db, err := b.DB()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (tr tree) build(b *memkv.Builder) error {
	for _, name := range slices.Sorted(maps.Keys(tr)) {
		inner, isBucket := tr[name].(tree)
		if !isBucket {
			if err := b.Put([]byte(name), []byte(tr[name].(string))); err != nil {
				return err
			}
			continue
		}
		if err := b.Enter([]byte(name), 0); err != nil {
			return err
		}
		if err := inner.build(b); err != nil {
			return err
		}
		if err := b.Leave(); err != nil {
			return err
		}
	}
	return nil
}

// epoch is the time of the collections of databases in tests.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func stamp(t time.Time) string {
	b, err := t.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return string(b)
}

func varint(n int64) string { return string(binary.AppendVarint(nil, n)) }

// record adds the timestamps of every record.
func record(fields tree) tree {
	fields["createdat"] = stamp(epoch)
	fields["updatedat"] = stamp(epoch)
	return fields
}

// The blobs of an image.
var (
	layerBlob    = "a layer"
	configBlob   = `{"architecture":"amd64"}`
	manifestBlob = `{"schemaVersion":2,` +
		`"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + digestOf(configBlob) + `","size":24},` +
		`"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"` + digestOf(layerBlob) + `","size":7}]}`
	layer, config, manifest = digestOf(layerBlob), digestOf(configBlob), digestOf(manifestBlob)
)

func digestOf(blob string) string { return digest.FromString(blob).String() }

func blobRecord(blob string, labels tree) tree {
	return record(tree{"size": varint(int64(len(blob))), "labels": labels})
}

// soundDatabase is a database without faults: an unpacked image, a container that runs it, and a lease that expires.
func soundDatabase() tree {
	return tree{"v1": tree{
		"version": varint(4),
		"ns": tree{
			"labels": tree{"team": "a"},
			"images": tree{"app:1": record(tree{"target": tree{
				"digest": manifest, "mediatype": "application/vnd.oci.image.manifest.v1+json", "size": varint(int64(len(manifestBlob))),
			}})},
			"content": tree{
				"blob": tree{
					manifest: blobRecord(manifestBlob, tree{"containerd.io/gc.ref.content.config": config, "containerd.io/gc.ref.content.l.0": layer}),
					config:   blobRecord(configBlob, tree{"containerd.io/gc.ref.snapshot.native": "base"}),
					layer:    blobRecord(layerBlob, tree{}),
				},
				"ingests": tree{"up": tree{"ref": "ns/1/up", "expireat": stamp(epoch.Add(time.Hour))}},
			},
			"snapshots": tree{"native": tree{
				"base": record(tree{"name": "ns/1/base", "children": tree{"rw": ""}}),
				"rw":   record(tree{"name": "ns/2/rw", "parent": "base"}),
			}},
			"containers": tree{"web": record(tree{
				"image": "app:1", "snapshotter": "native", "snapshotKey": "rw", "sandboxid": "", "spec": "",
				"runtime": tree{"name": "io.containerd.runc.v2"},
			})},
			"leases": tree{"l": tree{
				"createdat": stamp(epoch), "labels": tree{"containerd.io/gc.expire": epoch.Add(time.Hour).Format(time.RFC3339)},
				"content": tree{layer: ""},
			}},
		},
	}}
}

func atEpoch() examine.Options { return examine.Options{At: epoch} }
