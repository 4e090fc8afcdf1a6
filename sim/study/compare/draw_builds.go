package compare

import (
	"fmt"
	"math/rand/v2"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A project is the source of successive builds.
type project struct {
	name          string
	random        *rand.Rand
	steps         []*Record
	source, mount *Record
	made          int // number of builds so far
}

// builds draws the builds and their times.
func (d *loadBuilder) builds() error {
	b, random := d.profile.Builds, d.stream("builds", 0)
	for at := d.Start; ; {
		next, ok := d.profile.Containers.Day.Next(at, b.Starts.Sample(random), random)
		if !ok || next.After(d.End) {
			return nil
		}
		if len(d.Events) > eventsMax {
			return d.tooMuch("builds.starts")
		}
		at = next
		rank := b.Projects.Count(random)
		p := d.projects[rank]
		if p == nil {
			p = newProject(d, rank)
			d.projects[rank] = p
		}
		build := p.build(d)
		d.Events = append(d.Events, Event{At: at, Build: build})
		if took := b.Duration.Duration(random); took <= d.End.Sub(at) {
			d.Events = append(d.Events, Event{At: at.Add(took), Built: build})
		}
	}
}

func newProject(d *loadBuilder, rank int) *project {
	b := d.profile.Builds
	p := &project{name: fmt.Sprint("project-", rank), random: d.stream("project", rank)}
	p.steps = make([]*Record, min(max(b.Steps.Count(p.random), 1), layersMax))
	p.source = &Record{ID: p.id("source"), Size: min(b.Source.Bytes(p.random), d.most()), Mutable: true, Type: string(policy.SourceLocal)}
	p.mount = &Record{ID: p.id("mount"), Size: min(b.Mount.Bytes(p.random), d.most()), Mutable: true, Type: string(policy.ExecCacheMount)}
	return p
}

func (p *project) id(what string) string { return "build/" + p.name + "/" + what }

// build returns the next build. It shares its first steps with the previous one.
func (p *project) build(d *loadBuilder) *Build {
	b := d.profile.Builds
	kept := int(b.Reused.Sample(p.random) * float64(len(p.steps)))
	if p.made == 0 {
		kept = 0
	}
	p.made++
	for i := kept; i < len(p.steps); i++ {
		p.steps[i] = &Record{ID: p.id(fmt.Sprintf("step-%d-of-build-%d", i+1, p.made)), Size: min(b.StepSize.Bytes(p.random), d.most())}
		if i > 0 {
			p.steps[i].Parent = p.steps[i-1]
		}
	}
	records := append([]*Record{p.source, p.mount}, p.steps...)
	return &Build{Namespace: buildNamespace, Project: p.name, Records: records}
}
