package recorded_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	eventtypes "github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/gc"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins"
	_ "github.com/containerd/containerd/v2/plugins/gc"
	"github.com/containerd/errdefs"
	"github.com/containerd/log"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"
	"github.com/containerd/typeurl/v2"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// A daemon is containerd's metadata package and its scheduler of collections in virtual time, with backends in memory,
// and a recorder of events. Its clients call it one after the other.
type daemon struct {
	t         *testing.T
	ctx       context.Context // of the namespace
	file      *bbolt.DB
	db        *metadata.DB
	images    images.Store
	holders   leases.Manager
	scheduler interface {
		ScheduleAndWait(context.Context) (gc.Stats, error)
	}
	random *rand.Rand
	number int

	present []string // image records
	running []string // containers
	held    []string // leases of clients

	mu     sync.Mutex
	lines  []string // as ctr events prints them
	began  time.Time
	real   []time.Time // when it collected
	copies []databaseCopy
}

// A databaseCopy is the bolt file at a time.
type databaseCopy struct {
	at   time.Time
	data []byte
}

func (c databaseCopy) open(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Read(bytes.NewReader(c.data), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// record runs clients for a time, and copies the database in an interval, first at the start and last at the end.
func record(t *testing.T, seed uint64, length, interval time.Duration) *daemon {
	t.Helper()
	d := &daemon{t: t, random: rand.New(rand.NewPCG(seed, 1))}
	file, err := bbolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, &bbolt.Options{NoSync: true, NoGrowSync: true, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d.file = file
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		d.start(ctx)
		d.began = time.Now()
		next := d.began
		for {
			time.Sleep(d.about(time.Second))
			for !next.After(time.Now()) {
				d.copy()
				next = next.Add(interval)
				time.Sleep(time.Millisecond) // no event has the time of a copy
			}
			if time.Since(d.began) > length {
				break
			}
			d.act()
		}
		time.Sleep(3 * time.Second)
		d.copy()
		synctest.Wait()
	})
	return d
}

// about returns a random duration with the given mean.
func (d *daemon) about(mean time.Duration) time.Duration {
	return time.Duration(d.random.Int64N(int64(2*mean))) | 1
}

func (d *daemon) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *daemon) start(ctx context.Context) {
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	d.ctx = namespaces.WithNamespace(log.WithLogger(ctx, logrus.NewEntry(quiet)), "default")
	stores := map[string]snapshots.Snapshotter{"overlayfs": backend.NewSnapshotter(time.Now, "/")}
	d.db = metadata.NewDB(d.file, backend.NewContent(time.Now), stores, metadata.WithEventsPublisher(d))
	d.must(d.db.Init(d.ctx))
	d.images, d.holders = metadata.NewImageStore(d.db), metadata.NewLeaseManager(d.db)
	bolt := plugin.Registration{Type: plugins.MetadataPlugin, ID: "bolt", InitFn: func(*plugin.InitContext) (any, error) { return d, nil }}
	set := plugin.NewPluginSet()
	d.must(set.Add(bolt.Init(plugin.NewContext(d.ctx, set, nil))))
	for _, r := range registry.Graph(func(*plugin.Registration) bool { return false }) {
		if r.Type == plugins.GCPlugin {
			ic := plugin.NewContext(d.ctx, set, nil)
			ic.Config = r.Config
			instance, err := r.Init(ic).Instance()
			d.must(err)
			d.scheduler = instance.(interface {
				ScheduleAndWait(context.Context) (gc.Stats, error)
			})
		}
	}
	d.must(d.db.Update(func(tx *bbolt.Tx) error { return metadata.NewNamespaceStore(tx).Create(d.ctx, "default", nil) }))
	d.must(d.Publish(d.ctx, "/namespaces/create", &eventtypes.NamespaceCreate{Name: "default"}))
}

// RegisterMutationCallback and GarbageCollect are called by the scheduler.
func (d *daemon) RegisterMutationCallback(fn func(bool)) { d.db.RegisterMutationCallback(fn) }

func (d *daemon) GarbageCollect(ctx context.Context) (gc.Stats, error) {
	d.real = append(d.real, time.Now())
	return d.db.GarbageCollect(ctx)
}

// Publish writes an event as ctr prints it.
func (d *daemon) Publish(ctx context.Context, topic string, event events.Event) error {
	ns, _ := namespaces.Namespace(ctx)
	packed, err := typeurl.MarshalAny(event)
	if err != nil {
		return err
	}
	plain, err := typeurl.UnmarshalAny(packed)
	if err != nil {
		return err
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%s %s %s %s\n", time.Now().UTC().Format("2006-01-02 15:04:05.999999999 -0700 MST"), ns, topic, text)
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.lines)
	d.lines = append(d.lines, line)
	// A collection removes snapshots in random order. In order, the recording is always the same.
	for ; topic == "/snapshot/remove" && n > 0 && strings.Contains(d.lines[n-1], " "+topic+" ") && d.lines[n-1] > line; n-- {
		d.lines[n], d.lines[n-1] = d.lines[n-1], line
	}
	return nil
}

func (d *daemon) copy() {
	var data bytes.Buffer
	d.must(d.file.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(&data)
		return err
	}))
	d.copies = append(d.copies, databaseCopy{time.Now(), data.Bytes()})
}

// until returns the events until a time. In the form of 1.6, there are none for content and for removals by
// collections, and snapshotters have no names.
func (d *daemon) until(end time.Time, older bool) (list []recorded.Event) {
	d.t.Helper()
	all, err := recorded.Read(strings.NewReader(strings.Join(d.lines, "")))
	d.must(err)
	for _, e := range all {
		if e.Time.After(end) {
			break
		}
		switch b := e.Body.(type) {
		case *recorded.Blob:
			if older {
				continue
			}
		case *recorded.Snapshot:
			if older && e.Topic == "/snapshot/remove" && !strings.HasPrefix(b.Key, "container-") {
				continue
			}
			if older {
				b.Snapshotter = ""
			}
		}
		list = append(list, e)
	}
	return list
}

// act makes one client do something.
func (d *daemon) act() {
	d.number++
	switch d.random.IntN(12) {
	case 0, 1, 2:
		d.pull(false)
	case 3:
		if d.number%3 == 0 {
			d.pull(true)
		}
	case 4, 5:
		d.remove()
	case 6:
		d.tag()
	case 7:
		d.run()
	case 8:
		d.stop()
	case 9:
		d.hold()
	case 10:
		d.release()
	default:
		d.commit(d.ctx, fmt.Sprint("loose ", d.number), nil)
	}
}

func (d *daemon) lease(id string) context.Context {
	_, err := d.holders.Create(d.ctx, leases.WithID(id), leases.WithExpiration(24*time.Hour))
	d.must(err)
	return leases.WithLease(d.ctx, id)
}

func (d *daemon) unlease(id string) { d.must(d.holders.Delete(d.ctx, leases.Lease{ID: id})) }

// commit commits a blob, unless the namespace has it.
func (d *daemon) commit(ctx context.Context, data string, labels map[string]string) digest.Digest {
	target := digest.FromString(data)
	w, err := d.db.ContentStore().Writer(ctx, content.WithRef("upload-"+string(target)),
		content.WithDescriptor(ocispec.Descriptor{Digest: target, Size: int64(len(data))}))
	if errdefs.IsAlreadyExists(err) {
		return target
	}
	d.must(err)
	defer w.Close()
	time.Sleep(d.about(5 * time.Millisecond))
	_, err = w.Write([]byte(data))
	d.must(err)
	if err := w.Commit(ctx, int64(len(data)), target, content.WithLabels(labels)); !errdefs.IsAlreadyExists(err) {
		d.must(err)
	}
	return target
}

// pull pulls an image of 3 layers, of which the lowest are shared, or dies in between.
func (d *daemon) pull(dies bool) {
	id := fmt.Sprint("pull-", d.number)
	ctx := d.lease(id)
	build := d.random.IntN(40)
	var chain string
	labels := map[string]string{}
	type layer struct{ parent, name string }
	var layers []layer
	texts := []string{fmt.Sprint("base ", build%3), fmt.Sprint("middle ", build%9), fmt.Sprint("top ", build)}
	for n, text := range texts {
		labels[fmt.Sprint("containerd.io/gc.ref.content.l.", n)] = string(digest.FromString(text))
	}
	config := digest.FromString(fmt.Sprint("config ", build))
	labels["containerd.io/gc.ref.content.config"] = string(config)
	manifest := d.commit(ctx, fmt.Sprint("manifest ", build), labels)
	d.commit(ctx, fmt.Sprint("config ", build), nil)
	for _, text := range texts {
		d.commit(ctx, text, nil)
		name := string(digest.FromString(chain + text))
		layers = append(layers, layer{chain, name})
		chain = name
	}
	if dies {
		return
	}
	overlayfs := d.db.Snapshotter("overlayfs")
	for n, l := range layers {
		if _, err := overlayfs.Stat(ctx, l.name); err == nil {
			continue
		}
		key := fmt.Sprintf("extract-%d-%d %s", d.number, n, l.name)
		_, err := overlayfs.Prepare(ctx, key, l.parent)
		d.must(err)
		time.Sleep(d.about(5 * time.Millisecond))
		d.must(overlayfs.Commit(ctx, l.name, key))
	}
	update := content.Info{Digest: config, Labels: map[string]string{"containerd.io/gc.ref.snapshot.overlayfs": chain}}
	_, err := d.db.ContentStore().Update(ctx, update, "labels.containerd.io/gc.ref.snapshot.overlayfs")
	d.must(err)
	d.name(ctx, fmt.Sprint("registry.local/app", build%5, ":", build%8), manifest)
	d.unlease(id)
}

// name creates or updates an image record.
func (d *daemon) name(ctx context.Context, name string, target digest.Digest) {
	record := images.Image{Name: name, Target: ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: target, Size: 20}}
	_, err := d.images.Create(ctx, record)
	if errdefs.IsAlreadyExists(err) {
		_, err = d.images.Update(ctx, record)
	} else {
		d.present = append(d.present, name)
	}
	d.must(err)
}

// take removes a random member; "" if there is none.
func (d *daemon) take(list *[]string) string {
	if len(*list) == 0 {
		return ""
	}
	n := d.random.IntN(len(*list))
	name := (*list)[n]
	*list = slices.Delete(*list, n, n+1)
	return name
}

// remove removes an image record. Half of the clients wait for a collection.
func (d *daemon) remove() {
	name := d.take(&d.present)
	if name == "" {
		return
	}
	d.must(d.images.Delete(d.ctx, name))
	synctest.Wait() // the scheduler knows of the deletion
	if d.random.IntN(2) == 0 {
		_, err := d.scheduler.ScheduleAndWait(d.ctx)
		d.must(err)
		synctest.Wait() // the events are published
	}
}

// tag names an image once more.
func (d *daemon) tag() {
	if len(d.present) == 0 {
		return
	}
	source, err := d.images.Get(d.ctx, d.present[d.random.IntN(len(d.present))])
	d.must(err)
	id := fmt.Sprint("tag-", d.number)
	repository, _, _ := strings.Cut(source.Name, ":")
	d.name(d.lease(id), repository+":stable", source.Target.Digest)
	d.unlease(id)
}

// run makes a container.
func (d *daemon) run() {
	if len(d.present) == 0 {
		return
	}
	image, err := d.images.Get(d.ctx, d.present[d.random.IntN(len(d.present))])
	d.must(err)
	config, err := d.db.ContentStore().Info(d.ctx, image.Target.Digest)
	d.must(err)
	config, err = d.db.ContentStore().Info(d.ctx, digest.Digest(config.Labels["containerd.io/gc.ref.content.config"]))
	d.must(err)
	id := fmt.Sprint("container-", d.number)
	lease := id + "-lease"
	ctx := d.lease(lease)
	_, err = d.db.Snapshotter("overlayfs").Prepare(ctx, id, config.Labels["containerd.io/gc.ref.snapshot.overlayfs"])
	d.must(err)
	spec, err := typeurl.MarshalAny(&eventtypes.TaskOOM{})
	d.must(err)
	_, err = metadata.NewContainerStore(d.db).Create(ctx, containers.Container{
		ID: id, Image: image.Name, Snapshotter: "overlayfs", SnapshotKey: id, Spec: spec,
		Runtime: containers.RuntimeInfo{Name: "io.containerd.runc.v2"},
	})
	d.must(err)
	d.must(d.Publish(ctx, "/containers/create", &eventtypes.ContainerCreate{
		ID: id, Image: image.Name, Runtime: &eventtypes.ContainerCreate_Runtime{Name: "io.containerd.runc.v2"},
	}))
	d.unlease(lease)
	d.running = append(d.running, id)
}

// stop removes a container with its snapshot.
func (d *daemon) stop() {
	if id := d.take(&d.running); id != "" {
		d.must(metadata.NewContainerStore(d.db).Delete(d.ctx, id))
		d.must(d.Publish(d.ctx, "/containers/delete", &eventtypes.ContainerDelete{ID: id}))
		d.must(d.db.Snapshotter("overlayfs").Remove(d.ctx, id))
	}
}

// hold creates a lease of a client that works under it for long.
func (d *daemon) hold() {
	id := fmt.Sprint("hold-", d.number)
	ctx := d.lease(id)
	for n := range 1 + d.random.IntN(3) {
		d.commit(ctx, fmt.Sprint("cache ", d.number, " ", n), nil)
	}
	_, err := d.db.Snapshotter("overlayfs").Prepare(ctx, "work-"+id, "")
	d.must(err)
	d.held = append(d.held, id)
}

// release deletes such a lease, for which there is no event.
func (d *daemon) release() {
	if id := d.take(&d.held); id != "" {
		d.unlease(id)
	}
}
