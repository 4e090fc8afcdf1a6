package examine_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/opencontainers/go-digest"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	ours "github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

// A remedy is the advice of a check, carried out on a damage.
type remedy struct {
	damage string // a name in damages or moreDamages
	check  string
	carry  func(t *testing.T, r *soundRoot)
}

// remedies carry out the advice of findings with containerd's own package, on the damage of that name. Afterwards the
// finding is gone. Each begins with the daemon running: Open has been called.
var remedies = []remedy{
	{"configuration lost", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app1)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"configuration of zeros", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app1)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"configuration of zeros", "blob-damaged", func(t *testing.T, r *soundRoot) {
		r.deleteBlob(t, r.app1.Config.Digest)
		r.Collect()
		r.Write("k8s.io", roottest.Layers(20_000, 5_000))
	}},
	{"layer and snapshot lost", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app2)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:2", roottest.Layers(20_000, 9_000))
	}},
	{"manifest lost", "image-broken", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app1)
		r.Collect()
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"file of a layer lost", "blob-missing", func(t *testing.T, r *soundRoot) {
		r.deleteBlob(t, r.app1.Layers[1].Digest)
		r.Write("k8s.io", roottest.Layers(20_000, 5_000))
	}},
	{"blob that nobody knows", "blob-orphan", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app2) // lets a collection remove another blob
		r.Collect()
	}},
	{"upload without data", "upload-missing", func(t *testing.T, r *soundRoot) {
		if err := r.DB.ContentStore().Abort(r.Context("k8s.io"), "upload-1"); err != nil {
			t.Fatal(err)
		}
	}},
	{"data without an upload", "upload-orphan", func(t *testing.T, r *soundRoot) {
		r.Close()
		removeAll(t, filepath.Join(r.Path, roottest.Content, "ingest/left"))
		r.Open()
	}},
	{"snapshot that containerd has not", "snapshot-orphan", func(t *testing.T, r *soundRoot) {
		r.deleteImage(t, r.app2)
		r.Collect()
	}},
	{"snapshot that the snapshotter has lost", "snapshot-lost", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Collect()
	}},
	{"another parent", "snapshot-parent", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Collect()
	}},
	{"a parent that is not committed", "snapshot-kind", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.deleteImage(t, r.app1)
		r.Collect()
	}},
	{"directory lost", "directory-missing", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Collect()
	}},
	{"directory without a record", "directory-orphan", func(t *testing.T, r *soundRoot) {
		r.Close()
		removeAll(t, filepath.Join(r.Path, roottest.Snapshotter, "snapshots/4711"))
		r.Open()
	}},
	{"parent lost", "parent-missing", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.deleteImage(t, r.app1)
		r.Collect()
	}},
	{"snapshot of a container lost", "root-missing", func(t *testing.T, r *soundRoot) { r.deleteContainer(t, "c1") }},
	{"sandbox lost", "sandbox-missing", func(t *testing.T, r *soundRoot) { r.deleteContainer(t, "c1") }},
	{"image without a manifest", "target-missing", func(t *testing.T, r *soundRoot) {
		if err := metadata.NewImageStore(r.DB).Delete(r.Context("k8s.io"), "docker.io/library/none:1"); err != nil {
			t.Fatal(err)
		}
	}},
	{"misspelt label", "label-ignored", func(t *testing.T, r *soundRoot) { r.labelImage(t, map[string]string{}) }},
	{"label without a time", "label-value", func(t *testing.T, r *soundRoot) {
		r.labelImage(t, map[string]string{"containerd.io/gc.expire": "2099-01-02T15:04:05Z"})
	}},
	{"label of value false", "label-false", func(t *testing.T, r *soundRoot) {
		r.labelBlob(t, r.app1.Layers[0].Digest, map[string]string{"containerd.io/gc.root": ""})
	}},
	{"another size in the database", "blob-size", func(t *testing.T, r *soundRoot) {
		r.deleteBlob(t, r.app1.Layers[1].Digest)
		r.Write("k8s.io", roottest.Layers(20_000, 5_000))
	}},
	{"another size in the database", "size", func(t *testing.T, r *soundRoot) {
		r.deleteBlob(t, r.app1.Layers[1].Digest)
		r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	}},
	{"manifest without a label", "reference-unlabelled", func(t *testing.T, r *soundRoot) {
		r.labelBlob(t, r.app1.Target.Digest, map[string]string{"containerd.io/gc.ref.content.l.1": r.app1.Layers[1].Digest.String()})
	}},
	{"manifest without a label for a shared layer", "reference-unprotected", func(t *testing.T, r *soundRoot) {
		r.labelBlob(t, r.app1.Target.Digest, map[string]string{"containerd.io/gc.ref.content.l.0": r.app1.Layers[0].Digest.String()})
	}},
	{"value lost", "missing", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Run("k8s.io", "c2", "docker.io/library/app:1", r.app1.ChainID, 700)
	}},
	{"value damaged", "undecodable", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.Run("k8s.io", "c2", "docker.io/library/app:1", r.app1.ChainID, 700)
	}},
	{"blob without a digest", "digest", func(t *testing.T, r *soundRoot) { r.deleteBlob(t, "latest") }},
	{"blob without a digest", "digest", func(t *testing.T, r *soundRoot) { r.salvage(t, "digest") }},
	{"upload without data", "upload-missing", func(t *testing.T, r *soundRoot) {
		r.Close()
		r.put(t, string(encodedTime(t, epoch)), "content", "ingests", "upload-1", "expireat")
		r.Open()
		r.Collect()
	}},
	{"expiry of an upload damaged", "collection", func(t *testing.T, r *soundRoot) {
		if err := r.DB.ContentStore().Abort(r.Context("k8s.io"), "upload-1"); err != nil {
			t.Fatal(err)
		}
	}},
	{"expiry of an upload damaged", "collection", func(t *testing.T, r *soundRoot) { r.salvage(t, "collection") }},
	{"version lost", "schema", func(*testing.T, *soundRoot) {}},    // containerd has started
	{"version damaged", "schema", func(*testing.T, *soundRoot) {}}, // likewise
	{"value beside namespaces", "shape", func(t *testing.T, r *soundRoot) { r.salvage(t, "shape") }},
	{"bucket in place of a value", "shape", func(t *testing.T, r *soundRoot) { r.salvage(t, "shape") }},
	{"entries of another program", "unknown", func(t *testing.T, r *soundRoot) { r.salvage(t, "unknown") }},
	{"bucket beside v1", "beside", func(t *testing.T, r *soundRoot) { r.salvage(t, "beside") }},
	{"own parent", "parent-cycle", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.deleteImage(t, r.app1)
		r.Collect()
	}},
	{"cycle of parents", "parent-cycle", func(t *testing.T, r *soundRoot) {
		r.deleteContainer(t, "c1")
		r.deleteImage(t, r.app1)
		r.Collect()
	}},
	{"slash in the name of a snapshotter", "snapshotter-name", func(t *testing.T, r *soundRoot) {
		if err := r.WithSnapshotter(odd).Snapshotter(odd).Remove(r.Context("k8s.io"), "s"); err != nil {
			t.Fatal(err)
		}
	}},
	{"a record that the snapshotter cannot read", "snapshot-record", salvageSnapshotter},
	{"a record without its parent", "snapshot-record", salvageSnapshotter},
	{"a record without a link", "snapshot-record", salvageSnapshotter},
}

// odd is the name of a snapshotter with a slash.
const odd = "a/b"

// salvage carries out the commands of the findings of a check, and replaces the metadata database.
func (r *soundRoot) salvage(t *testing.T, check string) {
	t.Helper()
	r.Close()
	r.salvageFile(t, check, metaFile)
	r.Open()
}

// salvageSnapshotter carries out the commands of damaged records of the snapshotter, and then the advice about lost
// snapshots.
func salvageSnapshotter(t *testing.T, r *soundRoot) {
	t.Helper()
	r.Close()
	r.salvageFile(t, "snapshot-record", storageFile)
	if found, _ := r.check(t, false); !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, "snapshot-lost ") }) {
		t.Errorf("found %q, want lost snapshots", found)
	}
	r.Open()
	r.deleteContainer(t, "c1")
	r.deleteImage(t, r.app1)
	r.Collect()
	r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	r.Close()
	r.removeOrphanDirectories(t)
	if found, _ := r.check(t, true); len(found) > 0 {
		t.Errorf("found %q afterwards", found)
	}
	r.Open()
}

// removeOrphanDirectories carries out the advice about directories without a record.
func (r *soundRoot) removeOrphanDirectories(t *testing.T) {
	t.Helper()
	_, f := r.check(t, false)
	for _, finding := range f.Findings {
		if finding.Check == "directory-orphan" {
			removeAll(t, filepath.Join(r.Path, roottest.Snapshotter, strings.TrimPrefix(finding.Node, "native ")))
		}
	}
}

// salvageFile carries out the commands "holdfast salvage FILE -o sound.db --drop PATH" of a check in one go.
func (r *soundRoot) salvageFile(t *testing.T, check, file string) {
	t.Helper()
	_, f := r.check(t, false)
	var o examine.SalvageOptions
	for _, finding := range f.Findings {
		if finding.Check != check {
			continue
		}
		for _, command := range finding.Commands {
			var path string
			name := "META.DB"
			if file != metaFile {
				name = "ROOT/" + file
			}
			if _, err := fmt.Sscanf(command, "holdfast salvage "+name+" -o sound.db --drop %s", &path); err != nil {
				t.Fatalf("%q: %v", command, err)
			}
			o.Drop = append(o.Drop, strings.Trim(path, "'"))
		}
	}
	if len(o.Drop) == 0 {
		t.Fatalf("the findings have no commands: %+v", f.Findings)
	}
	db, err := boltfile.Open(filepath.Join(r.Path, file))
	if err != nil {
		t.Fatal(err)
	}
	s, err := examine.DescribeSalvage(db, o)
	if err != nil || len(s.Dropped) < len(o.Drop) || !s.Complete() || s.Snapshotter != (file == storageFile) {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := boltfile.WriteFile(filepath.Join(r.Path, file), db, boltfile.WithoutFreelist()); err != nil {
		t.Fatal(err)
	}
}

func encodedTime(t *testing.T, at time.Time) []byte {
	t.Helper()
	data, err := at.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// otherRemedies are the checks with advice that TestRemediesWork does not carry out, with the reason. Checks whose
// advice is to do nothing are not listed.
var otherRemedies = map[string]string{
	"page":                    "TestSalvageRemedies",
	"meta":                    "TestSalvageRemedies",
	"freelist":                "TestSalvageRemedies",
	"startup":                 "TestStartupRemedy",
	"child-stale":             "the finding is left by collections, and needs nothing",
	"child-unlisted":          "the advice is to leave the snapshot alone",
	"label-dangling":          "usual for platforms that were not pulled",
	"lease-unlimited":         "the advice depends on the owner",
	"back-reference-dangling": "the advice depends on the other object",
}

// TestEveryAdviceIsCarriedOut finds checks with advice of which no test carries it out.
func TestEveryAdviceIsCarriedOut(t *testing.T) {
	for _, check := range examine.Checks() {
		tested := slices.ContainsFunc(remedies, func(r remedy) bool { return r.check == check })
		_, explained := otherRemedies[check]
		if tested == explained && !slices.Contains(adviceIsNothing, check) {
			t.Errorf("%s: tested %v, explained %v", check, tested, explained)
		}
	}
}

// adviceIsNothing are the checks whose advice is to do nothing.
var adviceIsNothing = []string{
	"image-not-unpacked", "image-missing", "lease-expired", "lease-dangling", "content-file", "directory-leftover",
}

// TestSalvageRemedies damages pages of the database. Its salvage has no such finding, and containerd works with it.
func TestSalvageRemedies(t *testing.T) {
	for _, check := range []string{"page", "meta", "freelist"} {
		t.Run(check, func(t *testing.T) {
			r := newSoundRoot(t)
			path := filepath.Join(r.Path, metaFile)
			r.change(t, metaFile, func(*bolt.Tx) error { return nil }) // stores a freelist
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			report, err := boltfile.CheckBytes(data)
			if err != nil || len(report.Faults) > 0 {
				t.Fatal(err, report.Faults)
			}
			size := report.PageSize
			meta := data[int(report.Meta)*size:]
			switch check {
			case "page":
				tree := readPages(data)
				pages := tree.pages["v1\x00k8s.io\x00containers\x00c1\x00createdat"]
				clear(data[int(pages[len(pages)-1])*size:][:size])
			case "meta":
				clear(meta[:size])
			case "freelist":
				list := data[int(binary.LittleEndian.Uint64(meta[48:]))*size:]
				binary.LittleEndian.PutUint16(list[10:], 0) // no page is free
			}
			write(t, path, string(data))
			found := func() bool {
				report, err := boltfile.Check(path)
				if err != nil {
					t.Fatal(err)
				}
				db, err := boltfile.Open(path, boltfile.WithSalvage(&boltfile.Salvage{}))
				if err != nil {
					t.Fatal(err)
				}
				f, err := examine.Check(db, examine.FsckOptions{Pages: &report})
				if err != nil {
					t.Fatal(err)
				}
				return slices.ContainsFunc(f.Findings, func(f examine.Finding) bool { return f.Check == check })
			}
			if !found() {
				t.Fatal("the damage is not found")
			}
			var losses boltfile.Salvage
			db, err := boltfile.Open(path, boltfile.WithSalvage(&losses))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := examine.DescribeSalvage(db, examine.SalvageOptions{Losses: &losses}); err != nil {
				t.Fatal(err)
			}
			if err := boltfile.WriteFile(path, db, boltfile.WithoutFreelist()); err != nil {
				t.Fatal(err)
			}
			if found() {
				t.Error("the finding stays")
			}
			r.Open()
			r.Collect()
			r.Close()
		})
	}
}

// TestStartupRemedy has a sandbox of containerd 1.7 that containerd 2 cannot migrate, so it does not start. Without the
// entry that the finding of the shape names, it starts, and migrates the rest of the sandbox.
func TestStartupRemedy(t *testing.T) {
	r := newSoundRoot(t)
	r.change(t, metaFile, func(tx *bolt.Tx) error {
		b, err := makeBucket(tx, "k8s.io", "sandboxes", "sb", "labels")
		if err != nil {
			return err
		}
		_, deep := b.CreateBucket([]byte("deep"))
		return errors.Join(deep, b.Put([]byte("a"), []byte("b")), tx.Bucket([]byte("v1")).Put([]byte("version"), []byte{6})) // 3
	})
	kv, err := bolt.Open(filepath.Join(r.Path, metaFile), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := metadata.NewDB(kv, nil, nil).Init(t.Context()); err == nil {
		t.Error("containerd starts")
	}
	if err := kv.Close(); err != nil {
		t.Fatal(err)
	}
	found := func() bool {
		db, err := boltfile.Open(filepath.Join(r.Path, metaFile))
		if err != nil {
			t.Fatal(err)
		}
		f, err := examine.Check(db, examine.FsckOptions{Options: examine.Options{Containerd: ours.Newest}})
		if err != nil {
			t.Fatal(err)
		}
		return hasCheck(f, "startup")
	}
	if !found() {
		t.Fatal("the damage is not found")
	}
	r.salvageFile(t, "shape", metaFile)
	if found() {
		t.Error("the finding stays")
	}
	r.Open()
	r.Close()
	r.change(t, metaFile, func(tx *bolt.Tx) error {
		if string(bucket(tx, "v1", "k8s.io", "sandboxes", "sb", "labels").Get([]byte("a"))) != "b" {
			t.Error("the rest of the sandbox is not migrated")
		}
		return nil
	})
}

// moreDamages are damages that TestDamageIsNamed does not need.
var moreDamages = map[string]func(t *testing.T, r *soundRoot){
	"expiry of an upload damaged": func(t *testing.T, r *soundRoot) { r.put(t, "soon", "content", "ingests", "upload-1", "expireat") },
	"version lost": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error { return tx.Bucket([]byte("v1")).Delete([]byte("version")) })
	},
	"version damaged": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error { return tx.Bucket([]byte("v1")).Put([]byte("version"), []byte{0xff}) })
	},
	"value beside namespaces": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error { return tx.Bucket([]byte("v1")).Put([]byte("stray"), []byte("x")) })
	},
	"bucket in place of a value": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			_, err := makeBucket(tx, "v1", "k8s.io", "images", "docker.io/library/app:1", "annotations", "org.example")
			return err
		})
	},
	"entries of another program": func(t *testing.T, r *soundRoot) {
		r.put(t, "red", "images", "docker.io/library/app:1", "color")
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			_, err := makeBucket(tx, "v1", "k8s.io", "volumes", "\xffv")
			return err
		})
	},
	"bucket beside v1": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			_, err := makeBucket(tx, "k8s.io", "sandboxes")
			return err
		})
	},
	"own parent": func(t *testing.T, r *soundRoot) {
		r.put(t, r.app1.ChainID, "snapshots", "native", r.app1.ChainID, "parent")
		r.put(t, "", "snapshots", "native", r.app1.ChainID, "children", r.app1.ChainID)
	},
	"cycle of parents": func(t *testing.T, r *soundRoot) {
		r.put(t, "c1", "snapshots", "native", r.app1.ChainID, "parent")
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			children, err := makeBucket(tx, "v1", "k8s.io", "snapshots", "native", "c1", "children")
			if err != nil {
				return err
			}
			return children.Put([]byte(r.app1.ChainID), nil)
		})
	},
	"slash in the name of a snapshotter": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		if _, err := r.WithSnapshotter(odd).Snapshotter(odd).Prepare(r.Context("k8s.io"), "s", ""); err != nil {
			t.Fatal(err)
		}
	},
	"a record without its parent": func(t *testing.T, r *soundRoot) {
		r.change(t, storageFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "snapshots", r.storageName(t, r.app1.ChainID)).Put([]byte("parent"), []byte("gone"))
		})
	},
	"a record without a link": func(t *testing.T, r *soundRoot) {
		r.change(t, storageFile, func(tx *bolt.Tx) error {
			name, links := r.storageName(t, "c1"), bucket(tx, "v1", "parents")
			var link []byte
			_ = links.ForEach(func(k, v []byte) error {
				if string(v) == name {
					link = bytes.Clone(k)
				}
				return nil
			})
			return links.Delete(link)
		})
	},
	"parent lost": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "k8s.io", "snapshots", "native").DeleteBucket([]byte(r.app1.ChainID))
		})
	},
	"sandbox lost": func(t *testing.T, r *soundRoot) {
		r.put(t, "gone", "containers", "c1", "sandboxid")
	},
	"image without a manifest": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		target := r.app1.Target
		target.Digest, target.MediaType = digest.FromString("nothing"), "application/vnd.example" // of no image
		r.Name("k8s.io", "docker.io/library/none:1", target, nil)
	},
	"misspelt label": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		r.labelImage(t, map[string]string{"containerd.io/gc.expires": "2099-01-02T15:04:05Z"})
	},
	"label without a time": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		r.labelImage(t, map[string]string{"containerd.io/gc.expire": "soon"})
	},
	"label of value false": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		r.labelBlob(t, r.app1.Layers[0].Digest, map[string]string{"containerd.io/gc.root": "false"})
	},
	"another size in the database": func(t *testing.T, r *soundRoot) {
		r.put(t, "\x02", "content", "blob", r.app1.Layers[1].Digest.String(), "size")
	},
	"manifest without a label": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		r.labelBlob(t, r.app1.Target.Digest, map[string]string{"containerd.io/gc.ref.content.l.1": ""})
	},
	"manifest without a label for a shared layer": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		r.labelBlob(t, r.app1.Target.Digest, map[string]string{"containerd.io/gc.ref.content.l.0": ""})
	},
	"value lost": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "k8s.io", "containers", "c1").Delete([]byte("updatedat"))
		})
	},
	"value damaged": func(t *testing.T, r *soundRoot) {
		r.put(t, "\x07junk", "containers", "c1", "updatedat")
	},
	"blob without a digest": func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			b, err := bucket(tx, "v1", "k8s.io", "content", "blob").CreateBucket([]byte("latest"))
			if err != nil {
				return err
			}
			return b.Put([]byte("size"), []byte{2})
		})
	},
	"snapshot of a container lost": func(t *testing.T, r *soundRoot) {
		r.Open()
		defer r.Close()
		if err := r.DB.Snapshotter("native").Remove(r.Context("k8s.io"), "c1"); err != nil {
			t.Fatal(err)
		}
	},
}

func TestRemediesWork(t *testing.T) {
	for _, remedy := range remedies {
		t.Run(remedy.damage+"/"+remedy.check, func(t *testing.T) {
			r := newSoundRoot(t)
			plant := moreDamages[remedy.damage]
			for _, d := range damages {
				if d.name == remedy.damage {
					plant = d.plant
				}
			}
			plant(t, r)
			found := func() bool {
				findings, _ := r.check(t, true)
				return slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, remedy.check+" ") })
			}
			if !found() {
				t.Fatalf("the damage is not found as %s", remedy.check)
			}
			r.Open()
			remedy.carry(t, r)
			r.Close()
			if found() {
				findings, _ := r.check(t, true)
				t.Errorf("the finding stays after its remedy: %q", findings)
			}
		})
	}
}

// deleteImage deletes all names of an image, and waits for nothing.
func (r *soundRoot) deleteImage(t *testing.T, image roottest.Image) {
	t.Helper()
	store := metadata.NewImageStore(r.DB)
	ctx := r.Context("k8s.io")
	list, err := store.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range list {
		if named.Target.Digest != image.Target.Digest {
			continue
		}
		if err := store.Delete(ctx, named.Name, images.SynchronousDelete()); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *soundRoot) deleteContainer(t *testing.T, id string) {
	t.Helper()
	if err := metadata.NewContainerStore(r.DB).Delete(r.Context("k8s.io"), id); err != nil {
		t.Fatal(err)
	}
}

func (r *soundRoot) deleteBlob(t *testing.T, d digest.Digest) {
	t.Helper()
	if err := r.DB.ContentStore().Delete(r.Context("k8s.io"), d); err != nil {
		t.Fatal(err)
	}
}

// put stores a value below the bucket of the namespace.
func (r *soundRoot) put(t *testing.T, value string, path ...string) {
	t.Helper()
	r.change(t, metaFile, func(tx *bolt.Tx) error {
		b := bucket(tx, append([]string{"v1", "k8s.io"}, path[:len(path)-1]...)...)
		return b.Put([]byte(path[len(path)-1]), []byte(value))
	})
}

// makeBucket creates the buckets of a path that do not exist, and returns the last one.
func makeBucket(tx *bolt.Tx, path ...string) (*bolt.Bucket, error) {
	b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
	for _, name := range path[1:] {
		if err != nil {
			return nil, err
		}
		b, err = b.CreateBucketIfNotExists([]byte(name))
	}
	return b, err
}

// labelImage replaces the labels of an image.
func (r *soundRoot) labelImage(t *testing.T, labels map[string]string) {
	t.Helper()
	r.Name("k8s.io", "docker.io/library/app:1", r.app1.Target, labels)
}

// labelBlob sets labels of a blob. An empty value removes the label.
func (r *soundRoot) labelBlob(t *testing.T, d digest.Digest, labels map[string]string) {
	t.Helper()
	var fields []string
	for name := range labels {
		fields = append(fields, "labels."+name)
	}
	if _, err := r.DB.ContentStore().Update(r.Context("k8s.io"), content.Info{Digest: d, Labels: labels}, fields...); err != nil {
		t.Fatal(err)
	}
}
