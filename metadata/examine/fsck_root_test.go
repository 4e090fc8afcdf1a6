package examine_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/leases"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/nodedir/roottest"
)

// A soundRoot is a root directory that containerd's packages wrote, with two images, a container and an upload.
type soundRoot struct {
	*roottest.Root
	app1, app2 roottest.Image
	upload     string // the directory of the upload
	name       string // the last result of storageName
}

func newSoundRoot(t *testing.T) *soundRoot {
	t.Helper()
	r := &soundRoot{Root: roottest.New(t)}
	r.app1 = r.Pull("k8s.io", "docker.io/library/app:1", roottest.Layers(20_000, 5_000))
	r.app2 = r.Pull("k8s.io", "docker.io/library/app:2", roottest.Layers(20_000, 9_000))
	r.Run("k8s.io", "c1", "docker.io/library/app:1", r.app1.ChainID, 700)
	r.upload = r.Upload("k8s.io", "upload-1", 1000)
	r.Close()
	return r
}

// change changes a bolt file of the root with bbolt.
func (r *soundRoot) change(t *testing.T, file string, fn func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(r.Path, file), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(fn); err != nil {
		t.Fatal(err)
	}
}

// bucket descends into nested buckets.
func bucket(tx *bolt.Tx, path ...string) *bolt.Bucket {
	b := tx.Bucket([]byte(path[0]))
	for _, name := range path[1:] {
		b = b.Bucket([]byte(name))
	}
	return b
}

const (
	metaFile    = roottest.Database
	storageFile = roottest.Snapshotter + "/metadata.db"
)

// check runs fsck on the root and returns its findings as "CHECK NODE", and the result.
func (r *soundRoot) check(t *testing.T, verify bool) ([]string, *examine.Fsck) {
	t.Helper()
	disk, err := nodedir.Open(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	db, err := boltfile.OpenFS(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	report, err := boltfile.CheckFS(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	f, err := examine.Check(db, examine.FsckOptions{Options: examine.Options{Disk: disk}, Pages: &report, Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, finding := range f.Findings {
		found = append(found, finding.Check+" "+finding.Node)
	}
	return found, f
}

func TestSoundRootIsSilent(t *testing.T) {
	r := newSoundRoot(t)
	found, f := r.check(t, true)
	if len(found) > 0 || len(f.NotChecked) > 0 || !f.ContentChecked || !f.SnapshottersChecked {
		t.Errorf("found %q, not checked %q", found, f.NotChecked)
	}
	var states []string
	for _, image := range f.Images {
		states = append(states, fmt.Sprint(image.Image, " ", image.State, " ", len(image.Names)))
	}
	want := []string{"image/k8s.io/docker.io/library/app:1 whole 3", "image/k8s.io/docker.io/library/app:2 whole 3"}
	if !slices.Equal(states, want) {
		t.Errorf("images %q, want %q", states, want)
	}
}

// rootChecks are the checks that need a root directory. TestDamageIsNamed has them all.
var rootChecks = []string{
	"snapshotter-damaged", "image-not-unpacked", "upload-missing", "upload-orphan", "content-file", "snapshot-lost", "snapshot-orphan", "snapshot-parent",
	"snapshot-kind", "snapshot-record", "directory-missing", "directory-orphan", "directory-leftover",
}

// damages are faults that are planted in a sound root, with the findings that name them.
var damages = []struct {
	name   string
	plant  func(t *testing.T, r *soundRoot)
	verify bool
	want   func(r *soundRoot) []string
}{
	{name: "configuration lost", plant: func(t *testing.T, r *soundRoot) {
		r.dropBlob(t, r.app1.Config.Digest.String())
	}, want: func(r *soundRoot) []string { return []string{"image-broken image/k8s.io/docker.io/library/app:1"} }},
	{name: "configuration of zeros", plant: func(t *testing.T, r *soundRoot) {
		zero(t, r.BlobPath(r.app1.Config.Digest))
	}, want: func(r *soundRoot) []string {
		return []string{"image-broken image/k8s.io/docker.io/library/app:1", "blob-damaged content/k8s.io/" + r.app1.Config.Digest.String()}
	}},
	{name: "layer of zeros, verified", verify: true, plant: func(t *testing.T, r *soundRoot) {
		zero(t, r.BlobPath(r.app1.Layers[1].Digest))
	}, want: func(r *soundRoot) []string {
		return []string{"blob-damaged content/k8s.io/" + r.app1.Layers[1].Digest.String()}
	}},
	{name: "layers discarded, snapshots there", plant: func(t *testing.T, r *soundRoot) {
		for _, l := range r.app1.Layers {
			r.dropBlob(t, l.Digest.String())
		}
	}, want: func(*soundRoot) []string { return nil }},
	{name: "layer and snapshot lost", plant: func(t *testing.T, r *soundRoot) {
		r.dropBlob(t, r.app2.Layers[1].Digest.String())
		r.dropSnapshot(t, r.app2.ChainID)
	}, want: func(r *soundRoot) []string { return []string{"image-broken image/k8s.io/docker.io/library/app:2"} }},
	{name: "snapshot lost, layers there", plant: func(t *testing.T, r *soundRoot) {
		r.dropSnapshot(t, r.app2.ChainID)
	}, want: func(r *soundRoot) []string {
		return []string{"image-not-unpacked image/k8s.io/docker.io/library/app:2"}
	}},
	{name: "manifest lost", plant: func(t *testing.T, r *soundRoot) {
		r.dropBlob(t, r.app1.Target.Digest.String())
	}, want: func(r *soundRoot) []string { return []string{"image-broken image/k8s.io/docker.io/library/app:1"} }},
	{name: "file of a layer lost", plant: func(t *testing.T, r *soundRoot) {
		remove(t, r.BlobPath(r.app1.Layers[1].Digest))
	}, want: func(r *soundRoot) []string {
		return []string{"blob-missing content/k8s.io/" + r.app1.Layers[1].Digest.String()}
	}},
	{name: "blob that nobody knows", plant: func(t *testing.T, r *soundRoot) {
		write(t, filepath.Join(r.Path, roottest.Content, "blobs/sha256", strings.Repeat("ab", 32)), "x")
	}, want: func(*soundRoot) []string { return []string{"blob-orphan sha256:" + strings.Repeat("ab", 32)} }},
	{name: "file that is no blob", plant: func(t *testing.T, r *soundRoot) {
		write(t, filepath.Join(r.Path, roottest.Content, "blobs/sha256/notes.txt"), "x")
	}, want: func(*soundRoot) []string { return []string{"content-file sha256:notes.txt"} }},
	{name: "upload without data", plant: func(t *testing.T, r *soundRoot) {
		remove(t, filepath.Join(r.upload, "data"))
	}, want: func(*soundRoot) []string { return []string{"upload-missing ingest/k8s.io/upload-1"} }},
	{name: "upload without a reference", plant: func(t *testing.T, r *soundRoot) {
		remove(t, filepath.Join(r.upload, "ref"))
	}, want: func(*soundRoot) []string { return []string{"upload-missing ingest/k8s.io/upload-1"} }},
	{name: "layers and label of the snapshot lost", plant: func(t *testing.T, r *soundRoot) {
		r.Open()
		r.labelBlob(t, r.app1.Config.Digest, map[string]string{"containerd.io/gc.ref.snapshot.native": ""})
		r.Close()
		for _, l := range r.app1.Layers {
			r.dropBlob(t, l.Digest.String())
		}
	}, want: func(*soundRoot) []string { return nil }},
	{name: "pages of the snapshotter's database damaged", plant: func(t *testing.T, r *soundRoot) {
		r.damageStorage(t)
	}, want: func(*soundRoot) []string { return []string{"snapshotter-damaged native"} }},
	{name: "data without an upload", plant: func(t *testing.T, r *soundRoot) {
		write(t, filepath.Join(r.Path, roottest.Content, "ingest/left/data"), "x")
	}, want: func(*soundRoot) []string { return []string{"upload-orphan ingest/left"} }},
	{name: "snapshot that containerd has not", plant: func(t *testing.T, r *soundRoot) {
		r.Open()
		r.name = r.Orphan("k8s.io", "gone", "", 900_000)
		r.Close()
	}, want: func(r *soundRoot) []string { return []string{"snapshot-orphan native " + r.name} }},
	{name: "snapshot that the snapshotter has lost", plant: func(t *testing.T, r *soundRoot) {
		r.change(t, storageFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "snapshots").DeleteBucket([]byte(r.storageName(t, "c1")))
		})
		removeAll(t, filepath.Join(r.Path, roottest.Snapshotter, "snapshots", r.lastDirectory(t)))
	}, want: func(*soundRoot) []string { return []string{"snapshot-lost snapshot/k8s.io/native/c1"} }},
	{name: "another parent", plant: func(t *testing.T, r *soundRoot) {
		r.change(t, metaFile, func(tx *bolt.Tx) error {
			snapshots := bucket(tx, "v1", "k8s.io", "snapshots", "native")
			if err := snapshots.Bucket([]byte(r.app1.ChainID)).Bucket([]byte("children")).Delete([]byte("c1")); err != nil {
				return err
			}
			children, err := snapshots.Bucket([]byte(r.app2.ChainID)).CreateBucketIfNotExists([]byte("children"))
			if err != nil {
				return err
			}
			if err := children.Put([]byte("c1"), nil); err != nil {
				return err
			}
			return snapshots.Bucket([]byte("c1")).Put([]byte("parent"), []byte(r.app2.ChainID))
		})
	}, want: func(*soundRoot) []string { return []string{"snapshot-parent snapshot/k8s.io/native/c1"} }},
	{name: "a parent that is not committed", plant: func(t *testing.T, r *soundRoot) {
		r.change(t, storageFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "snapshots", r.storageName(t, r.app1.ChainID)).Put([]byte("kind"), []byte{2})
		})
	}, want: func(r *soundRoot) []string { return []string{"snapshot-kind snapshot/k8s.io/native/" + r.app1.ChainID} }},
	{name: "a record that the snapshotter cannot read", plant: func(t *testing.T, r *soundRoot) {
		r.change(t, storageFile, func(tx *bolt.Tx) error {
			return bucket(tx, "v1", "snapshots", r.storageName(t, "c1")).Put([]byte("createdat"), []byte("noon"))
		})
	}, want: func(r *soundRoot) []string { return []string{"snapshot-record native " + r.name} }},
	{name: "directory lost", plant: func(t *testing.T, r *soundRoot) {
		removeAll(t, filepath.Join(r.Path, roottest.Snapshotter, "snapshots", r.lastDirectory(t)))
		r.storageName(t, "c1")
	}, want: func(r *soundRoot) []string { return []string{"directory-missing native " + r.name} }},
	{name: "directory without a record", plant: func(t *testing.T, r *soundRoot) {
		write(t, filepath.Join(r.Path, roottest.Snapshotter, "snapshots/4711/file"), "x")
	}, want: func(*soundRoot) []string { return []string{"directory-orphan native snapshots/4711"} }},
	{name: "directory of an interrupted removal", plant: func(t *testing.T, r *soundRoot) {
		write(t, filepath.Join(r.Path, roottest.Snapshotter, "snapshots/rm-4711/file"), "x")
	}, want: func(*soundRoot) []string { return []string{"directory-leftover native snapshots/rm-4711"} }},
}

func TestDamageIsNamed(t *testing.T) {
	var seen []string
	for _, damage := range damages {
		t.Run(damage.name, func(t *testing.T) {
			r := newSoundRoot(t)
			damage.plant(t, r)
			found, f := r.check(t, damage.verify)
			for _, finding := range f.Findings {
				seen = append(seen, finding.Check)
			}
			if want := damage.want(r); !slices.Equal(found, want) {
				t.Errorf("found %q, want %q", found, want)
			}
			for _, finding := range f.Findings {
				if finding.Check == "snapshot-orphan" && strings.Contains(finding.Detail, "unknown size") {
					t.Errorf("the size of the orphan is not measured: %s", finding.Detail)
				}
				if finding.Severity != examine.Info && finding.Do == "nothing" {
					t.Errorf("%s has no remedy", finding.Check)
				}
			}
		})
	}
	for _, check := range rootChecks {
		if !slices.Contains(seen, check) {
			t.Errorf("no damage has a finding of the check %q", check)
		}
	}
}

// TestPairsOfDamage plants two faults in one root: both are named.
func TestPairsOfDamage(t *testing.T) {
	named := map[string]int{}
	for i, d := range damages {
		named[d.name] = i
	}
	for _, first := range []string{"configuration lost", "manifest lost", "file of a layer lost"} {
		for _, second := range []string{
			"layer and snapshot lost", "snapshot lost, layers there", "blob that nobody knows", "upload without data",
			"snapshot that containerd has not", "a record that the snapshotter cannot read", "directory without a record",
		} {
			t.Run(first+" and "+second, func(t *testing.T) {
				r := newSoundRoot(t)
				var want []string
				for _, name := range []string{first, second} {
					d := damages[named[name]]
					d.plant(t, r)
					want = append(want, d.want(r)...)
				}
				found, _ := r.check(t, false)
				slices.Sort(found)
				slices.Sort(want)
				if !slices.Equal(found, want) {
					t.Errorf("found %q, want %q", found, want)
				}
			})
		}
	}
}

// damageStorage zeroes the page with a field of a snapshot, in the snapshotter's database.
func (r *soundRoot) damageStorage(t *testing.T) {
	t.Helper()
	path := filepath.Join(r.Path, storageFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pages := readPages(data).pages["v1\x00snapshots\x00"+r.storageName(t, "c1")+"\x00kind"]
	clear(data[pages[len(pages)-1]*pageSize:][:pageSize])
	write(t, path, string(data))
}

// dropBlob deletes the record and the file of a blob, as a collection does.
func (r *soundRoot) dropBlob(t *testing.T, digest string) {
	t.Helper()
	r.change(t, metaFile, func(tx *bolt.Tx) error {
		return bucket(tx, "v1", "k8s.io", "content", "blob").DeleteBucket([]byte(digest))
	})
	remove(t, filepath.Join(r.Path, roottest.Content, "blobs", strings.Replace(digest, ":", "/", 1)))
}

// dropSnapshot removes a snapshot as a client does.
func (r *soundRoot) dropSnapshot(t *testing.T, key string) {
	t.Helper()
	r.Open()
	defer r.Close()
	if err := r.DB.Snapshotter("native").Remove(r.Context("k8s.io"), key); err != nil {
		t.Fatal(err)
	}
	r.Collect()
}

// storageName returns the snapshotter's name of a snapshot, and keeps it in r.name.
func (r *soundRoot) storageName(t *testing.T, key string) string {
	t.Helper()
	db, err := boltfile.Open(filepath.Join(r.Path, metaFile))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := examine.Inspect(db, "v1/k8s.io/snapshots/native/"+key+"/name")
	if err != nil {
		t.Fatal(err)
	}
	r.name = tree.Items[0].Value.Text
	return r.name
}

// lastDirectory returns the directory of the newest snapshot, which is the container's.
func (r *soundRoot) lastDirectory(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(r.Path, roottest.Snapshotter, "snapshots"))
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	return entries[len(entries)-1].Name()
}

func zero(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, path)
	write(t, path, strings.Repeat("\x00", int(info.Size())))
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func removeAll(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWorkerOfBuildKit lays the sound root out as a BuildKit worker does, with leases as its clients hold them: fsck is
// silent but for remarks, and sizes are known.
func TestWorkerOfBuildKit(t *testing.T) {
	r := newSoundRoot(t)
	r.Open()
	blob := r.Blob("buildkit", "application/octet-stream", []byte("a cache record"), nil)
	r.Lease("buildkit", "cache-1", map[string]string{"containerd.io/gc.flat": "2026"}, leases.Resource{Type: "content", ID: blob.Digest.String()})
	r.Close()
	for from, to := range map[string]string{
		metaFile:             "containerdmeta.db",
		roottest.Content:     "content",
		roottest.Snapshotter: "snapshots",
	} {
		if err := os.Rename(filepath.Join(r.Path, from), filepath.Join(r.Path, to)); err != nil {
			t.Fatal(err)
		}
	}
	found, f := r.check(t, true)
	if want := []string{"lease-unlimited lease/buildkit/cache-1"}; !slices.Equal(found, want) || f.Serious() || len(f.NotChecked) > 0 {
		t.Errorf("found %q, want %q; not checked %q", found, want, f.NotChecked)
	}
	disk, err := nodedir.Open(r.FS())
	if err != nil || disk.Flavor != nodedir.BuildKit {
		t.Fatalf("%+v, %v", disk, err)
	}
	db, err := boltfile.OpenFS(disk.Files, disk.Database)
	if err != nil {
		t.Fatal(err)
	}
	a, err := open(t, db, examine.Options{Disk: disk}).Account(examine.AccountOptions{})
	if err != nil || a.UnsizedSnapshots != 1 || a.Unknown.Objects != 0 {
		t.Errorf("%d snapshots of unknown size, want the active one; on disk only: %+v; %v", a.UnsizedSnapshots, a.Unknown, err)
	}
}

// unreadableFS refuses to open the files below a folder.
type unreadableFS struct {
	fs.FS
	folder string
}

func (u unreadableFS) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, u.folder) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

// TestUnreadableParts checks a root of which parts cannot be read: these are listed, and the rest is checked.
func TestUnreadableParts(t *testing.T) {
	for folder, want := range map[string]string{
		roottest.Content + "/blobs/sha256/":   "the content of content/k8s.io/",
		roottest.Content + "/blobs":           "content: ",
		roottest.Content + "/ingest":          "uploads: ",
		roottest.Snapshotter + "/metadata.db": "snapshotter native: ",
		roottest.Snapshotter + "/snapshots":   "directories of snapshotter native: ",
	} {
		t.Run(folder, func(t *testing.T) {
			r := newSoundRoot(t)
			disk, err := nodedir.Open(unreadableFS{r.FS(), folder})
			if err != nil {
				t.Fatal(err)
			}
			db, err := boltfile.OpenFS(disk.Files, disk.Database)
			if err != nil {
				t.Fatal(err)
			}
			f, err := examine.Check(db, examine.FsckOptions{Options: examine.Options{Disk: disk}})
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Findings) > 0 {
				t.Errorf("a part that cannot be read became a finding: %+v", f.Findings[0])
			}
			if !slices.ContainsFunc(f.NotChecked, func(part string) bool {
				return strings.HasPrefix(part, want) && strings.Contains(part, "permission denied")
			}) {
				t.Errorf("not checked: %q, want %q", f.NotChecked, want)
			}
		})
	}
}
