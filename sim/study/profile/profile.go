package profile

import (
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
)

// A Profile is the load on one kind of node. It is read only and may be shared; its
// figures are described in the table that reads them.
type Profile struct {
	Name  string
	About string

	Node       Node
	Images     Images
	Containers Containers
	Builds     *Builds  // nil: the node builds nothing
	Tenants    *Tenants // nil: one namespace
}

// Node is the machine.
type Node struct{ Disk, Other Figure }

// Images are the images that clients request, and their versions.
type Images struct {
	Popularity, Layers, LayerSize, Compression Figure
	Based, BasePopularity, BaseLayers          Figure
	Release, ChangedLayers, Abandoned, Expire  Figure
}

// Containers are the containers that run.
type Containers struct {
	Running, Starts, Lifetime, Linger, Written Figure
	Day                                        Day
}

// Builds are the builds of images.
type Builds struct {
	Starts, Duration, Projects, Steps, StepSize, Reused, Source, Mount Figure
}

// Tenants share a node, each in a namespace.
type Tenants struct{ Popularity, Common Figure }

// A row describes a figure of a profile: its key, its unit, its meaning, and its field.
type row struct {
	key   string
	unit  Unit
	least float64 // smaller samples count as this; the median must be at least this
	doc   string
	field func(p *Profile) *Figure
}

// A section is a section of a file. Begin allocates it in the profile.
type section struct {
	name     string
	optional bool
	begin    func(p *Profile)
	day      func(p *Profile) *Day // nil if the section has no day
	rows     []row
}

var sections = []section{
	{name: "node", rows: []row{
		{"disk", Bytes, 1, "size of the file system with images and containers", func(p *Profile) *Figure { return &p.Node.Disk }},
		{"other", Bytes, 0, "bytes of other files on it", func(p *Profile) *Figure { return &p.Node.Other }},
	}},
	{name: "images", rows: []row{
		{"popularity", Rank, 1, "rank of the requested image, among that many images", func(p *Profile) *Figure { return &p.Images.Popularity }},
		{"layers", Number, 1, "layers of an image, including those of its base", func(p *Profile) *Figure { return &p.Images.Layers }},
		{"layer-size", Bytes, 0, "of a layer, compressed", func(p *Profile) *Figure { return &p.Images.LayerSize }},
		{"compression", Number, 0.1, "bytes of a snapshot per byte of the compressed layer", func(p *Profile) *Figure { return &p.Images.Compression }},
		{"based", Fraction, 0, "share of images that are built on a common base", func(p *Profile) *Figure { return &p.Images.Based }},
		{"base-popularity", Rank, 1, "rank of the base, among that many bases", func(p *Profile) *Figure { return &p.Images.BasePopularity }},
		{"base-layers", Number, 1, "layers of a base", func(p *Profile) *Figure { return &p.Images.BaseLayers }},
		{"release", Seconds, 1, "time from one version of an image to the next", func(p *Profile) *Figure { return &p.Images.Release }},
		{"changed-layers", Number, 1, "topmost layers that a new version changes", func(p *Profile) *Figure { return &p.Images.ChangedLayers }},
		{"abandoned", Fraction, 0, "share of pulls whose client dies halfway; their leases stay until they expire", func(p *Profile) *Figure { return &p.Images.Abandoned }},
		{"expire", Seconds, 0, "time from the pull to the image's gc.expire; 0 for no label", func(p *Profile) *Figure { return &p.Images.Expire }},
	}},
	{name: "containers", day: func(p *Profile) *Day { return &p.Containers.Day }, rows: []row{
		{"running", Number, 0, "containers that run at the start", func(p *Profile) *Figure { return &p.Containers.Running }},
		{"starts", PerDay, 0, "containers started on a working day", func(p *Profile) *Figure { return &p.Containers.Starts }},
		{"lifetime", Seconds, 0, "time from a container's start to its exit", func(p *Profile) *Figure { return &p.Containers.Lifetime }},
		{"linger", Seconds, 0, "time from its exit to its removal", func(p *Profile) *Figure { return &p.Containers.Linger }},
		{"written", Bytes, 0, "bytes that it writes to its own layer", func(p *Profile) *Figure { return &p.Containers.Written }},
	}},
	{name: "builds", optional: true, begin: func(p *Profile) { p.Builds = &Builds{} }, rows: []row{
		{"starts", PerDay, 0, "builds on a working day", func(p *Profile) *Figure { return &p.Builds.Starts }},
		{"duration", Seconds, 0, "of a build", func(p *Profile) *Figure { return &p.Builds.Duration }},
		{"projects", Rank, 1, "rank of the project that is built, among that many projects", func(p *Profile) *Figure { return &p.Builds.Projects }},
		{"steps", Number, 1, "steps of a build, each a record", func(p *Profile) *Figure { return &p.Builds.Steps }},
		{"step-size", Bytes, 0, "of a step's record", func(p *Profile) *Figure { return &p.Builds.StepSize }},
		{"reused", Fraction, 0, "share of a build's steps, counted from the first, that equal those of the previous build", func(p *Profile) *Figure { return &p.Builds.Reused }},
		{"source", Bytes, 0, "of a build's source.local record", func(p *Profile) *Figure { return &p.Builds.Source }},
		{"mount", Bytes, 0, "of a project's exec.cachemount record", func(p *Profile) *Figure { return &p.Builds.Mount }},
	}},
	{name: "tenants", optional: true, begin: func(p *Profile) { p.Tenants = &Tenants{} }, rows: []row{
		{"popularity", Rank, 1, "rank of the tenant that acts, among that many tenants", func(p *Profile) *Figure { return &p.Tenants.Popularity }},
		{"common", Fraction, 0, "share of a tenant's images that all tenants use", func(p *Profile) *Figure { return &p.Tenants.Common }},
	}},
}

// A Row describes a figure of a profile.
type Row struct {
	Key    string // "images.layer-size"
	Doc    string
	Figure Figure
}

// Figures returns the figures of the profile, in the order of the file.
func (p *Profile) Figures() (list []Row) {
	for _, s := range sections {
		if s.absent(p) {
			continue
		}
		for _, r := range s.rows {
			list = append(list, Row{s.name + "." + r.key, r.doc, *r.field(p)})
		}
	}
	return list
}

// absent reports whether a profile lacks the section.
func (s section) absent(p *Profile) bool {
	return s.name == "builds" && p.Builds == nil || s.name == "tenants" && p.Tenants == nil
}

// Names returns the names of the built-in profiles, in order.
func Names() []string { return []string{"k8s-node", "ci-runner", "build-host", "edge", "multi-tenant"} }

// Text returns the file of a built-in profile, a template for custom ones. Error: ErrNotFound, which lists the known
// names.
func Text(name string) ([]byte, error) {
	for _, known := range Names() {
		if name == known {
			return data.ReadFile("data/" + name + extension)
		}
	}
	return nil, fmt.Errorf("profile %q: known are %s: %w", name, strings.Join(Names(), ", "), errdefs.ErrNotFound)
}

// Load reads a built-in profile. Error: ErrNotFound, which lists the known names.
func Load(name string) (*Profile, error) {
	text, err := Text(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}
