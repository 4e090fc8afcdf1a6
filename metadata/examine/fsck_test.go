package examine_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// soundStore is the content store of soundDatabase.
func soundStore() fstest.MapFS {
	store := fstest.MapFS{}
	for _, blob := range []string{layerBlob, configBlob, manifestBlob} {
		store[blobPath(digestOf(blob))] = &fstest.MapFile{Data: []byte(blob)}
	}
	store["ingest/"+strings.TrimPrefix(digestOf("ns/1/up"), "sha256:")+"/data"] = &fstest.MapFile{}
	return store
}

func blobPath(digest string) string { return "blobs/" + strings.Replace(digest, ":", "/", 1) }

// brokenDatabases are single faults in soundDatabase, with the findings that report them.
var brokenDatabases = []struct {
	name   string
	change func(db tree, store fstest.MapFS)
	want   []string // CHECK NODE
}{
	{"sound", func(tree, fstest.MapFS) {}, nil},
	{"newer schema", func(db tree, _ fstest.MapFS) { db.at("v1")["version"] = varint(5) },
		[]string{"schema v1/version"}},
	{"no schema", func(db tree, _ fstest.MapFS) { delete(db.at("v1"), "version") },
		[]string{"schema v1/version"}},
	{"unreadable schema", func(db tree, _ fstest.MapFS) { db.at("v1")["version"] = "" },
		[]string{"schema v1/version"}},
	{"unknown field", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "images", "app:1")["color"] = "red" },
		[]string{"unknown image/ns/app:1"}},
	{"unknown bucket", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "volumes", "v") },
		[]string{"unknown v1/ns/volumes", "unknown v1/ns/volumes/v"}},
	{"beside v1", func(db tree, _ fstest.MapFS) { db.at("ns", "sandboxes") },
		[]string{"beside ns"}},
	{"sandboxes of containerd 1.7", func(db tree, _ fstest.MapFS) {
		db.at("v1")["version"] = varint(3)
		delete(db.at("v1", "ns"), "sandboxes")
		db.at("ns", "sandboxes")["pod"] = record(tree{"runtime": tree{"name": "runc"}})
		db.at("v1", "ns", "containers", "web")["sandboxid"] = "pod"
	}, nil},
	{"more than sandboxes beside v1", func(db tree, _ fstest.MapFS) {
		db.at("v1")["version"] = varint(3)
		db.at("ns", "sandboxes")
		db.at("ns", "other")
	}, []string{"beside ns", "unknown ns/other"}},
	{"value for bucket", func(db tree, _ fstest.MapFS) { db.at("v1")["stray"] = "x" },
		[]string{"shape v1/stray"}},
	{"bucket for value", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "images", "app:1")["createdat"] = tree{} },
		[]string{"shape image/ns/app:1"}},
	{"missing field", func(db tree, _ fstest.MapFS) { delete(db.at("v1", "ns", "content", "blob", layer), "size") },
		[]string{"missing content/ns/" + layer}},
	{"missing group", func(db tree, _ fstest.MapFS) { delete(db.at("v1", "ns", "containers", "web"), "runtime") },
		[]string{"missing container/ns/web"}},
	{"undecodable time", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "images", "app:1")["updatedat"] = "yesterday" },
		[]string{"undecodable image/ns/app:1"}},
	{"undecodable message", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "containers", "web")["spec"] = "\xff" },
		[]string{"undecodable container/ns/web"}},
	{"collection fails", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "content", "ingests", "up")["expireat"] = "" },
		[]string{"collection v1", "undecodable ingest/ns/up"}},
	{"invalid digest", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "content", "blob")["sha256:1"] = blobRecord("", tree{})
	}, []string{"digest content/ns/sha256:1", "blob-missing content/ns/sha256:1"}},

	{"missing parent", func(db tree, _ fstest.MapFS) {
		delete(db.at("v1", "ns", "snapshots", "native"), "base")
		delete(db.at("v1", "ns", "content", "blob", config), "labels")
	}, []string{"parent-missing snapshot/ns/native/rw"}},
	{"cycle of parents", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "snapshots", "native", "base")["parent"] = "rw"
		db.at("v1", "ns", "snapshots", "native", "rw", "children")["base"] = ""
		for _, above := range []string{"above", "top"} {
			db.at("v1", "ns", "snapshots", "native")[above] = record(tree{"name": "ns/3/" + above, "parent": "rw"})
			db.at("v1", "ns", "snapshots", "native", "rw", "children")[above] = ""
		}
	}, []string{"parent-cycle snapshot/ns/native/base", "parent-cycle snapshot/ns/native/rw"}},
	{"own parent", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "snapshots", "native", "base")["parent"] = "base"
		db.at("v1", "ns", "snapshots", "native", "base", "children")["base"] = ""
	}, []string{"parent-cycle snapshot/ns/native/base"}},
	{"slash in the name of a snapshotter", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "snapshots", "a/b")["s"] = record(tree{"name": "ns/4/s"})
	}, []string{"snapshotter-name snapshot/ns/a/b/s"}},
	{"stale child", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "snapshots", "native", "base", "children")["gone"] = ""
	}, []string{"child-stale snapshot/ns/native/base"}},
	{"unlisted child", func(db tree, _ fstest.MapFS) {
		delete(db.at("v1", "ns", "snapshots", "native", "base", "children"), "rw")
	}, []string{"child-unlisted snapshot/ns/native/base"}},

	{"missing target", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "images", "app:1", "target")["digest"] = digestOf("gone")
	}, []string{"image-broken image/ns/app:1"}},
	{"missing target of another type", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "images", "app:1", "target")["digest"] = digestOf("gone")
		db.at("v1", "ns", "images", "app:1", "target")["mediatype"] = "application/vnd.example"
	}, []string{"target-missing image/ns/app:1"}},
	{"missing root file system", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "containers", "web")["snapshotKey"] = "gone" },
		[]string{"root-missing container/ns/web"}},
	{"missing image", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "containers", "web")["image"] = "gone" },
		[]string{"image-missing container/ns/web"}},
	{"missing sandbox", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "containers", "web")["sandboxid"] = "gone" },
		[]string{"sandbox-missing container/ns/web"}},

	{"lease without expiry", func(db tree, _ fstest.MapFS) { delete(db.at("v1", "ns", "leases", "l"), "labels") },
		[]string{"lease-unlimited lease/ns/l"}},
	{"expired lease", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "leases", "l", "labels")["containerd.io/gc.expire"] = epoch.Add(-time.Second).Format(time.RFC3339)
	}, []string{"lease-expired lease/ns/l"}},
	{"lease on a missing object", func(db tree, _ fstest.MapFS) { db.at("v1", "ns", "leases", "l", "images")["gone"] = "" },
		[]string{"lease-dangling lease/ns/l"}},
	{"ignored label", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "content", "blob", config, "labels")["containerd.io/gc.ref.contents"] = layer
	}, []string{"label-ignored content/ns/" + config}},
	{"label of another kind", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "leases", "l", "labels")["containerd.io/gc.root"] = "1"
	}, []string{"label-ignored lease/ns/l"}},
	{"invalid value of a label", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "leases", "l", "labels")["containerd.io/gc.expire"] = "tomorrow"
	}, []string{"label-value lease/ns/l", "lease-unlimited lease/ns/l"}},
	{"invalid condition", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.cond.snapshot.native"] = "usedat>=24h|base"
	}, []string{"label-value image/ns/app:1"}},
	{"root label with the value false", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "content", "blob", layer, "labels")["containerd.io/gc.root"] = "false"
	}, []string{"label-false content/ns/" + layer}},
	{"dangling label", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.ref.content.sbom"] = digestOf("gone")
	}, []string{"label-dangling image/ns/app:1"}},
	{"dangling back reference", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "content", "blob", layer, "labels")["containerd.io/gc.bref.container"] = "gone"
	}, []string{"back-reference-dangling content/ns/" + layer}},

	{"size of a target", func(db tree, _ fstest.MapFS) {
		db.at("v1", "ns", "images", "app:1", "target")["size"] = varint(1)
	}, []string{"size image/ns/app:1"}},
	{"size in another namespace", func(db tree, _ fstest.MapFS) {
		db.at("v1", "other", "content", "blob")[layer] = blobRecord("other size", tree{})
	}, []string{"size content/other/" + layer, "blob-size content/other/" + layer}},
	{"size in a manifest", func(db tree, store fstest.MapFS) {
		db.at("v1", "ns", "content", "blob")[layer] = blobRecord("other size", tree{})
		store[blobPath(layer)].Data = []byte("other size")
	}, []string{"size content/ns/" + layer}},
	{"missing blob on disk", func(_ tree, store fstest.MapFS) { delete(store, blobPath(layer)) },
		[]string{"blob-missing content/ns/" + layer}},
	{"missing manifest on disk", func(_ tree, store fstest.MapFS) { delete(store, blobPath(manifest)) },
		[]string{"image-broken image/ns/app:1", "blob-missing content/ns/" + manifest}},
	{"truncated blob on disk", func(_ tree, store fstest.MapFS) { store[blobPath(layer)].Data = []byte("a lay") },
		[]string{"blob-size content/ns/" + layer}},
	{"modified manifest on disk", func(_ tree, store fstest.MapFS) {
		store[blobPath(manifest)].Data = []byte(strings.Replace(manifestBlob, "2", "3", 1))
	}, []string{"image-broken image/ns/app:1", "blob-damaged content/ns/" + manifest}},
	{"orphaned blob on disk", func(_ tree, store fstest.MapFS) {
		store[blobPath(digestOf("orphan"))] = &fstest.MapFile{Data: []byte("orphan")}
	}, []string{"blob-orphan " + digestOf("orphan")}},
	{"reference without label", func(db tree, _ fstest.MapFS) {
		delete(db.at("v1", "ns", "content", "blob", manifest, "labels"), "containerd.io/gc.ref.content.config")
	}, []string{"reference-unlabelled content/ns/" + config}},
	{"reference without label to a blob of a lease", func(db tree, _ fstest.MapFS) {
		delete(db.at("v1", "ns", "content", "blob", manifest, "labels"), "containerd.io/gc.ref.content.l.0")
	}, []string{"reference-unprotected content/ns/" + layer}},
}

func TestCheckFinds(t *testing.T) {
	found := map[string]bool{"page": true, "freelist": true, "meta": true, "startup": true} // tested below
	for _, c := range brokenDatabases {
		t.Run(c.name, func(t *testing.T) {
			db, store := soundDatabase(), soundStore()
			c.change(db, store)
			f, err := examine.Check(db.database(t), examine.FsckOptions{Options: atEpoch(), Blobs: examine.Dir(store)})
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, finding := range f.Findings {
				got = append(got, finding.Check+" "+finding.Node)
				found[finding.Check] = true
				if finding.Means == "" || finding.Do == "" || finding.Severity == "" || finding.Detail == "" {
					t.Errorf("the finding has an empty field: %+v", finding)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) {
				t.Errorf("found %q, want %q\n%s", got, want, asJSON(t, f.Findings))
			}
			if counted := f.Counts[examine.Error] + f.Counts[examine.Warning] + f.Counts[examine.Info]; counted != len(got) {
				t.Errorf("counts %v of %d findings", f.Counts, len(got))
			}
		})
	}
	for _, check := range examine.Checks() {
		if !found[check] && !slices.Contains(rootChecks, check) {
			t.Errorf("no test case has a finding of the check %q", check)
		}
	}
}

func TestCheckReportsFailingStartup(t *testing.T) {
	db := soundDatabase()
	db.at("v1")["version"] = varint(3)
	db.at("ns", "sandboxes", "sb", "labels", "too", "deep")
	f, err := examine.Check(db.database(t), examine.FsckOptions{Options: atEpoch()})
	if err != nil {
		t.Fatal(err)
	}
	// 1.7 is assumed. It does not migrate; 2.4 does, and fails.
	if hasCheck(f, "startup") {
		t.Errorf("unexpected finding about the startup of 1.7: %s", asJSON(t, f))
	}
	f, err = examine.Check(db.database(t), examine.FsckOptions{Options: examine.Options{At: epoch, Containerd: 7}})
	if err != nil {
		t.Fatal(err)
	}
	if !hasCheck(f, "startup") || !f.Serious() {
		t.Errorf("no finding about the startup of 2.4: %s", asJSON(t, f))
	}
}

func hasCheck(f *examine.Fsck, check string) bool {
	return slices.ContainsFunc(f.Findings, func(x examine.Finding) bool { return x.Check == check })
}

func TestCheckReportsPages(t *testing.T) {
	report := &boltfile.Report{Faults: []*boltfile.Fault{
		{Class: boltfile.ErrPage, Page: 7, Offset: 28672, Bucket: []string{"v1", "ns"}, Detail: "the page says it is page 9"},
		{Class: boltfile.ErrFreelist, Page: 3, Offset: 12288, Detail: "in use, but on the freelist"},
		{Class: boltfile.ErrChecksum, Page: 1, Offset: 4096, Detail: "the checksum differs"},
	}}
	f, err := examine.Check(nil, examine.FsckOptions{Options: atEpoch(), Pages: report})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, finding := range f.Findings {
		got = append(got, finding.Check+" "+finding.Node)
	}
	want := []string{"page page 7 (byte 28672) of v1/ns", "meta page 1 (byte 4096)", "freelist page 3 (byte 12288)"}
	if !slices.Equal(got, want) || f.Counts[examine.Error] != 1 {
		t.Errorf("got %s", asJSON(t, f))
	}
}

func TestCheckRefusesForeignDatabase(t *testing.T) {
	if _, err := examine.Check(tree{"other": tree{}}.database(t), examine.FsckOptions{Options: atEpoch()}); err == nil {
		t.Error("Check accepts a database that is not containerd's")
	}
}

// countingBlobs counts the reads of each blob.
type countingBlobs struct {
	examine.Blobs
	reads map[string]int
}

func (c countingBlobs) Read(digest string, max int64) ([]byte, error) {
	c.reads[digest]++
	return c.Blobs.Read(digest, max)
}

// TestManifestsAreReadOnce has 40 indexes that each refer to the next one twice, so there are 2^40 paths to the
// manifest.
func TestManifestsAreReadOnce(t *testing.T) {
	db, store := soundDatabase(), soundStore()
	for range 40 {
		child := manifest
		if len(store) > 4 {
			child = db.at("v1", "ns", "images", "app:1", "target")["digest"].(string)
		}
		descriptor := `{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"` + child + `","size":1}`
		index := `{"manifests":[` + descriptor + `,` + descriptor + `]}`
		db.at("v1", "ns", "content", "blob")[digestOf(index)] = blobRecord(index, tree{})
		db.at("v1", "ns", "images", "app:1")["target"] = tree{
			"digest": digestOf(index), "mediatype": "application/vnd.oci.image.index.v1+json", "size": varint(int64(len(index))),
		}
		store[blobPath(digestOf(index))] = &fstest.MapFile{Data: []byte(index)}
	}
	blobs := countingBlobs{examine.Dir(store), map[string]int{}}
	if _, err := examine.Check(db.database(t), examine.FsckOptions{Options: atEpoch(), Blobs: blobs}); err != nil {
		t.Fatal(err)
	}
	if len(blobs.reads) != 42 { // and the configuration
		t.Errorf("read %d blobs, want 42", len(blobs.reads))
	}
	for digest, n := range blobs.reads {
		if n != 1 {
			t.Errorf("read %s %d times", digest, n)
		}
	}
}

// failingDir is a directory that cannot be read.
type failingDir struct{ fs.FS }

func (failingDir) ReadDir(string) ([]fs.DirEntry, error) { return nil, fs.ErrPermission }

func TestContentWithoutAccess(t *testing.T) {
	o := examine.FsckOptions{Options: atEpoch(), Blobs: examine.Dir(failingDir{fstest.MapFS{}})}
	f, err := examine.Check(soundDatabase().database(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if f.ContentChecked || len(f.NotChecked) == 0 || !strings.Contains(f.NotChecked[0], "content: permission denied") {
		t.Errorf("content checked: %v, not checked: %q", f.ContentChecked, f.NotChecked)
	}
}
