package compare

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// Namespaces of a profile's load without tenants. Each tenant has its own.
const (
	podNamespace   = "k8s.io"
	buildNamespace = "buildkit"
)

// Figures that profiles omit: sizes without influence, and the largest number of layers in a snapshotter.
const (
	configSize   = 8_000
	manifestSize = 2_000
	layersMax    = 127
)

// eventsMax is the largest number of events of a load. More would not fit into memory.
const eventsMax = 2_000_000

// Draw draws the load of one node from a profile. The same seed gives the same load. Each image, base and project has
// its own random source, so two profiles that differ in one figure give loads that differ only where that figure
// matters. Error: the profile requests too much.
func Draw(p *profile.Profile, seed uint64, start time.Time, days float64) (*Load, error) {
	return draw(p, seed, start, days, nil)
}

// draw draws the load of a node with an initial state; nil for an empty node.
func draw(p *profile.Profile, seed uint64, start time.Time, days float64, state *nodeState) (*Load, error) {
	d := &loadBuilder{
		profile: p, seed: seed, state: state, repos: map[string]*repo{}, projects: map[int]*project{},
		Load: &Load{Start: start, End: start.Add(time.Duration(days * float64(day)))},
	}
	d.Info = LoadInfo{Kind: "profile", Name: p.Name, About: p.About, Notes: notes(p)}
	d.running()
	if err := d.containers(); err != nil {
		return nil, err
	}
	if p.Builds != nil {
		if err := d.builds(); err != nil {
			return nil, err
		}
	}
	d.Events = slices.DeleteFunc(d.Events, func(e Event) bool { return e.At.After(d.End) })
	slices.SortStableFunc(d.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	return d.Load, nil
}

const day = 24 * time.Hour

// A loadBuilder draws a load.
type loadBuilder struct {
	*Load
	profile  *profile.Profile
	state    *nodeState
	seed     uint64
	repos    map[string]*repo
	projects map[int]*project
	count    int // of containers
}

// stream returns the random source of one object, such as the third project.
func (d *loadBuilder) stream(of string, n int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, of, n)
	return rand.New(rand.NewPCG(d.seed, h.Sum64()))
}

// running draws the containers that run at the start. Long-lived containers are more frequent among them than among
// all: a container that lives twice as long is twice as likely to run at a given moment (length bias).
func (d *loadBuilder) running() {
	c, random := d.profile.Containers, d.stream("running", 0)
	life := newResidualLives(c.Lifetime)
	if d.state != nil {
		for _, c := range d.state.containers {
			d.end(c.Container, d.Start, life.left(random), random)
		}
		return
	}
	for range min(c.Running.Count(random), eventsMax/2) {
		d.run(d.Start, life.left(random), random)
	}
}

// containers draws the containers that start later.
func (d *loadBuilder) containers() error {
	c, random := d.profile.Containers, d.stream("containers", 0)
	for at := d.Start; ; {
		next, ok := c.Day.Next(at, c.Starts.Sample(random), random)
		if !ok || next.After(d.End) {
			return nil
		}
		if len(d.Events) > eventsMax {
			return d.tooMuch("containers.starts")
		}
		at = next
		d.run(at, c.Lifetime.Duration(random), random)
		abandoned := d.profile.Images.Abandoned.Happens(random)
		if image := d.image(at, random); abandoned {
			d.Events = append(d.Events, Event{At: at, Abandon: image})
		}
	}
}

// run adds the start of a container at a time, and its end.
func (d *loadBuilder) run(at time.Time, life time.Duration, random *rand.Rand) {
	d.count++
	c := &Container{
		ID:      fmt.Sprint("container-", d.count),
		Image:   d.image(at, random),
		Written: min(d.profile.Containers.Written.Bytes(random), d.most()),
	}
	d.Events = append(d.Events, Event{At: at, Run: c})
	d.end(c, at, life, random)
}

// end adds the removal of a container, after its lifetime and the time for which it lingers.
func (d *loadBuilder) end(c *Container, at time.Time, life time.Duration, random *rand.Rand) {
	if left := d.End.Sub(at); life <= left { // a lifetime of centuries would overflow
		d.Events = append(d.Events, Event{At: at.Add(life + min(d.profile.Containers.Linger.Duration(random), left)), Remove: c})
	}
}

// image draws the requested image, in the current version.
func (d *loadBuilder) image(at time.Time, random *rand.Rand) *Image {
	rank := d.profile.Images.Popularity.Count(random)
	namespace, owner := podNamespace, ""
	if t := d.profile.Tenants; t != nil {
		namespace = fmt.Sprint("tenant-", t.Popularity.Count(random))
		if !t.Common.Happens(d.stream("common", rank)) {
			owner = namespace + "/"
		}
	}
	key := fmt.Sprint(owner, "app-", rank)
	r := d.repos[key]
	if r == nil {
		r = newRepo(d, key)
		if d.state != nil && d.profile.Tenants == nil && rank <= len(d.state.images) {
			r.use(d.state.images[rank-1].Image)
		}
		d.repos[key] = r
	}
	return r.at(at, cmp.Or(r.namespace, namespace))
}

// most returns the largest size of one container or record: a tenth of the profile's disk. The assumed distributions
// have infinite tails, but a node stops programs that would fill it.
func (d *loadBuilder) most() int64 { return max(int64(d.profile.Node.Disk.Median())/10, 1) }

func (d *loadBuilder) tooMuch(key string) error {
	return invalid("profile %q: %s: more than %d events in %.0f days", d.profile.Name, key, eventsMax, d.End.Sub(d.Start).Hours()/24)
}

// notes returns the assumptions of a load, from which a reader can judge its reliability.
func notes(p *profile.Profile) (list []string) {
	assumed := ""
	for _, row := range p.Figures() {
		if row.Figure.Evidence == profile.Assumed {
			if assumed != "" {
				assumed += ", "
			}
			assumed += row.Key
		}
	}
	if assumed != "" {
		list = append(list, "Nobody has published these figures of the profile; they are assumed: "+assumed+".")
	}
	return append(list,
		"No container's own layer and no build record is larger than a tenth of the profile's disk: a node stops programs that would fill it.",
		"Pulls and builds take no time, and a build's records are there from its beginning.",
		"Bases of images are never released anew; containers keep the version that they were started with.")
}

// A repo is an image with all its versions.
type repo struct {
	*loadBuilder
	key     string // the name of its versions, before the tag
	origin  string // of its digests; unique
	family  string // its name
	random  *rand.Rand
	base    int // number of layers of the base
	layers  []Layer
	version int
	next    time.Time         // of the next version
	images  map[string]*Image // of this version, by namespace

	namespace string // of an image from the database; "" if each requesting namespace gets its own image
}

func newRepo(d *loadBuilder, key string) *repo {
	i := d.profile.Images
	r := &repo{loadBuilder: d, key: key, origin: key, family: key, random: d.stream(key, 0), next: d.Start}
	n := min(max(i.Layers.Count(r.random), 1), layersMax)
	based, which := i.Based.Happens(r.random), i.BasePopularity.Count(r.random)
	if based {
		r.layers = d.baseLayers(which)
		r.layers = slices.Clone(r.layers[:min(len(r.layers), n-1)])
		r.base = len(r.layers)
	}
	for range n - r.base {
		r.layers = append(r.layers, Layer{})
	}
	r.change(n - r.base)
	return r
}

// use makes an image from the database the first version. An image of that name in another namespace is another one.
func (r *repo) use(i *Image) {
	r.key, r.origin, r.family, r.namespace, r.base = i.Name, i.Namespace+" "+i.Name, i.Family, i.Namespace, 0
	r.layers = slices.Clone(i.Layers)
	r.images = map[string]*Image{i.Namespace: i}
}

// baseLayers returns the layers of a base.
func (d *loadBuilder) baseLayers(which int) []Layer {
	r := &repo{loadBuilder: d, origin: fmt.Sprint("base-", which), random: d.stream("base", which)}
	n := min(max(d.profile.Images.BaseLayers.Count(r.random), 1), layersMax)
	r.layers = make([]Layer, n)
	r.draw(n)
	return r.layers
}

// change makes a version whose topmost n layers are new, and draws the time of the next version.
func (r *repo) change(n int) {
	r.version++
	r.draw(n)
	r.next = r.next.Add(max(r.profile.Images.Release.Duration(r.random), time.Second))
	r.images = map[string]*Image{}
}

func (r *repo) draw(n int) {
	i := r.profile.Images
	for at := len(r.layers) - n; at < len(r.layers); at++ {
		size := i.LayerSize.Bytes(r.random)
		name := fmt.Sprintf("%s version %d layer %d", r.origin, r.version, at)
		chain := name
		if at > 0 {
			chain = string(r.layers[at-1].Chain) + " " + name
		}
		r.layers[at] = Layer{
			Blob:     Blob{digest.FromString(name), size},
			Chain:    digest.FromString("chain " + chain),
			Unpacked: int64(float64(size) * i.Compression.Median()),
		}
	}
}

// at returns the image in the version of a time. Successive times never decrease.
func (r *repo) at(at time.Time, namespace string) *Image {
	for !r.next.After(at) {
		r.change(min(max(r.profile.Images.ChangedLayers.Count(r.random), 1), len(r.layers)-r.base))
	}
	image := r.images[namespace]
	if image == nil {
		image = &Image{
			Namespace: namespace,
			Family:    r.family,
			Name:      fmt.Sprintf("%s:v%d", r.key, r.version),
			Manifest:  Blob{digest.FromString(fmt.Sprintf("%s version %d manifest", r.origin, r.version)), manifestSize},
			Config:    Blob{digest.FromString(fmt.Sprintf("%s version %d config", r.origin, r.version)), configSize},
			Layers:    slices.Clone(r.layers),
			Expire:    r.profile.Images.Expire.Duration(r.random),
		}
		image.Names = []string{image.Name, r.key + "@" + string(image.Manifest.Digest), string(image.Config.Digest)}
		r.images[namespace] = image
	}
	return image
}

// residualLives is a sample of the lifetimes of containers that run at a given moment. They are length-biased: each
// lifetime is as frequent as it is long.
type residualLives struct {
	lives  []float64 // seconds, ascending, equally frequent among all containers
	weight []float64 // the sum of the lives up to each
}

// lifeSteps is the number of quantiles of the sample.
const lifeSteps = 4096

func newResidualLives(life profile.Figure) residualLives {
	var m residualLives
	sum := 0.0
	for i := range lifeSteps {
		s := min(life.Quantile((float64(i)+0.5)/lifeSteps), 100*365*86400)
		sum += s
		m.lives, m.weight = append(m.lives, s), append(m.weight, sum)
	}
	return m
}

// left draws the remaining lifetime of a running container.
func (m residualLives) left(random *rand.Rand) time.Duration {
	sum := m.weight[len(m.weight)-1]
	u, v := random.Float64(), random.Float64()
	at, _ := slices.BinarySearch(m.weight, float64(u*sum))
	life := m.lives[min(at, len(m.lives)-1)]
	return time.Duration(float64(v*life) * 1e9)
}
