package metadata_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/typeurl/v2"
	"google.golang.org/protobuf/types/known/anypb"
)

func message(text string) typeurl.Any {
	return &anypb.Any{TypeUrl: "type/" + text, Value: []byte(text)}
}

// A foreign is a message that is not a protobuf type.
type foreign struct{ kind, value string }

func (f foreign) GetTypeUrl() string { return f.kind }
func (f foreign) GetValue() []byte   { return []byte(f.value) }

func messages(pairs ...any) map[string]typeurl.Any {
	m := map[string]typeurl.Any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)], _ = pairs[i+1].(typeurl.Any)
	}
	return m
}

func container() containers.Container {
	return containers.Container{
		ID:          "c",
		Labels:      labels("a", "1", "b", "2"),
		Image:       "image",
		Runtime:     containers.RuntimeInfo{Name: "runc", Options: message("options")},
		Spec:        message("spec"),
		SnapshotKey: "key",
		Snapshotter: "native",
		Extensions:  messages("x", message("x"), "y", foreign{"f", "y"}),
		SandboxID:   "pod",
	}
}

// variants are containers that each change one field.
var containerVariants = map[string]func(*containers.Container){
	"as it is":         func(c *containers.Container) {},
	"no ID":            func(c *containers.Container) { c.ID = "" },
	"bad ID":           func(c *containers.Container) { c.ID = "a b" },
	"long ID":          func(c *containers.Container) { c.ID = strings.Repeat("c", 77) },
	"no labels":        func(c *containers.Container) { c.Labels = nil },
	"other labels":     func(c *containers.Container) { c.Labels = labels("b", "", "c", "3") },
	"long label":       func(c *containers.Container) { c.Labels = labels("k", strings.Repeat("v", 4096)) },
	"no image":         func(c *containers.Container) { c.Image = "" },
	"no runtime":       func(c *containers.Container) { c.Runtime = containers.RuntimeInfo{} },
	"other runtime":    func(c *containers.Container) { c.Runtime.Name = "other" },
	"no options":       func(c *containers.Container) { c.Runtime.Options = nil },
	"nil options":      func(c *containers.Container) { c.Runtime.Options = (*anypb.Any)(nil) },
	"no spec":          func(c *containers.Container) { c.Spec = nil },
	"nil spec":         func(c *containers.Container) { c.Spec = (*anypb.Any)(nil) },
	"empty spec":       func(c *containers.Container) { c.Spec = &anypb.Any{} },
	"other spec":       func(c *containers.Container) { c.Spec = foreign{"spec", "other"} },
	"spec not UTF-8":   func(c *containers.Container) { c.Spec = foreign{"\xff", "other"} },
	"no key":           func(c *containers.Container) { c.SnapshotKey = "" },
	"no snapshotter":   func(c *containers.Container) { c.Snapshotter = "" },
	"neither":          func(c *containers.Container) { c.SnapshotKey, c.Snapshotter = "", "" },
	"no extensions":    func(c *containers.Container) { c.Extensions = nil },
	"empty extensions": func(c *containers.Container) { c.Extensions = messages() },
	"other extensions": func(c *containers.Container) {
		c.Extensions = messages("a", message("a"), "y", message("z"), "z", message("z"))
	},
	"nil extension":      func(c *containers.Container) { c.Extensions = messages("a", nil) },
	"unnamed extension":  func(c *containers.Container) { c.Extensions = messages("", message("a")) },
	"extension not UTF8": func(c *containers.Container) { c.Extensions = messages("a", foreign{"\xff", ""}) },
	"other sandbox":      func(c *containers.Container) { c.SandboxID = "other" },
	"large":              func(c *containers.Container) { c.Spec = foreign{"large", strings.Repeat("x", 1<<17)} },
}

// look prints nil and an interface with a nil value differently, unlike JSON.
func look(a any) string { return fmt.Sprintf("%#v %T", a == nil, a) }

func (s *side) getContainer(id string) (any, error) {
	c, err := s.containers.Get(inDefault, id)
	return []any{c, look(c.Spec), look(c.Runtime.Options), c.Extensions == nil, c.Labels == nil}, err
}

var containerPaths = [][]string{
	nil, {"labels"}, {"labels.b"}, {"labels."}, {"spec"}, {"extensions"}, {"extensions.x"}, {"extensions.a"}, {"extensions."},
	{"image"}, {"snapshotkey"}, {"snapshotKey"}, {"snapshotter"}, {"runtime"}, {"sandboxid"}, {"labels", "spec", "image"},
}

func TestContainers(t *testing.T) {
	for name, vary := range containerVariants {
		t.Run(name, func(t *testing.T) {
			mirrored(t, func(m *mirror) {
				m.call("create", func(s *side) (any, error) {
					c := container()
					vary(&c)
					return s.containers.Create(inDefault, c)
				})
				m.call("get", func(s *side) (any, error) { return s.getContainer("c") })
				m.call("create again", func(s *side) (any, error) { return s.containers.Create(inDefault, container()) })
				for _, paths := range containerPaths {
					m.call("update "+fmt.Sprint(paths), func(s *side) (any, error) {
						c := container()
						vary(&c)
						return s.containers.Update(inDefault, c, paths...)
					})
					m.call("get", func(s *side) (any, error) { return s.getContainer("c") })
					m.call("update back "+fmt.Sprint(paths), func(s *side) (any, error) {
						return s.containers.Update(inDefault, container(), paths...)
					})
				}
				m.call("list", func(s *side) (any, error) { return s.containers.List(inDefault) })
				m.do("delete", func(s *side) error { return s.containers.Delete(inDefault, "c") })
				m.do("delete again", func(s *side) error { return s.containers.Delete(inDefault, "c") })
			})
		})
	}
}

func TestContainersWithoutNamespace(t *testing.T) {
	mirrored(t, func(m *mirror) {
		ctx := context.Background()
		m.call("create", func(s *side) (any, error) { return s.containers.Create(ctx, container()) })
		m.call("update", func(s *side) (any, error) { return s.containers.Update(ctx, container()) })
		m.call("update", func(s *side) (any, error) { return s.containers.Update(ctx, containers.Container{}) })
		m.call("get", func(s *side) (any, error) { return s.containers.Get(ctx, "c") })
		m.call("list", func(s *side) (any, error) { return s.containers.List(ctx) })
		m.do("delete", func(s *side) error { return s.containers.Delete(ctx, "c") })
		m.call("update none", func(s *side) (any, error) { return s.containers.Update(inDefault, container()) })
		m.do("read-only", func(s *side) error {
			return s.view(inDefault, func(ctx context.Context) error {
				_, err := s.containers.Create(ctx, containers.Container{})
				return err
			})
		})
		m.do("read-only", func(s *side) error {
			return s.view(inDefault, func(ctx context.Context) error { return s.containers.Delete(ctx, "c") })
		})
	})
}

func pod() sandbox.Sandbox {
	return sandbox.Sandbox{
		ID:         "s",
		Labels:     labels("a", "1", "b", "2"),
		Runtime:    sandbox.RuntimeOpts{Name: "runc", Options: message("options")},
		Spec:       message("spec"),
		Sandboxer:  "podsandbox",
		Extensions: messages("x", message("x"), "y", foreign{"f", "y"}),
	}
}

var sandboxVariants = map[string]func(*sandbox.Sandbox){
	"as it is":          func(s *sandbox.Sandbox) {},
	"no ID":             func(s *sandbox.Sandbox) { s.ID = "" },
	"bad ID":            func(s *sandbox.Sandbox) { s.ID = "a b" },
	"no labels":         func(s *sandbox.Sandbox) { s.Labels = nil },
	"other labels":      func(s *sandbox.Sandbox) { s.Labels = labels("b", "", "c", "3") },
	"long label":        func(s *sandbox.Sandbox) { s.Labels = labels("k", strings.Repeat("v", 4096)) },
	"no runtime":        func(s *sandbox.Sandbox) { s.Runtime = sandbox.RuntimeOpts{} },
	"other runtime":     func(s *sandbox.Sandbox) { s.Runtime.Name = "other" },
	"no options":        func(s *sandbox.Sandbox) { s.Runtime.Options = nil },
	"no spec":           func(s *sandbox.Sandbox) { s.Spec = nil },
	"nil spec":          func(s *sandbox.Sandbox) { s.Spec = (*anypb.Any)(nil) },
	"no extensions":     func(s *sandbox.Sandbox) { s.Extensions = nil },
	"other extensions":  func(s *sandbox.Sandbox) { s.Extensions = messages("a", message("a"), "y", message("z")) },
	"nil extension":     func(s *sandbox.Sandbox) { s.Extensions = messages("a", nil) },
	"unnamed extension": func(s *sandbox.Sandbox) { s.Extensions = messages("", message("a")) },
	"other sandboxer":   func(s *sandbox.Sandbox) { s.Sandboxer = "shim" },
}

func (s *side) getSandbox(id string) (any, error) {
	p, err := s.sandboxes.Get(inDefault, id)
	return []any{p, look(p.Spec), look(p.Runtime.Options), p.Extensions == nil, p.Labels == nil}, err
}

func TestSandboxes(t *testing.T) {
	paths := [][]string{
		nil, {"labels"}, {"labels.b"}, {"spec"}, {"extensions"}, {"extensions.x"}, {"extensions.a"}, {"extensions."},
		{"runtime"}, {"runtime.name"}, {"sandboxer"}, {"labels", "spec", "runtime"},
	}
	for name, vary := range sandboxVariants {
		t.Run(name, func(t *testing.T) {
			mirrored(t, func(m *mirror) {
				m.call("get none", func(s *side) (any, error) { return s.getSandbox("s") })
				m.call("update none", func(s *side) (any, error) { return s.sandboxes.Update(inDefault, pod()) })
				m.call("create", func(s *side) (any, error) {
					p := pod()
					vary(&p)
					return s.sandboxes.Create(inDefault, p)
				})
				m.call("get", func(s *side) (any, error) { return s.getSandbox("s") })
				m.call("create again", func(s *side) (any, error) { return s.sandboxes.Create(inDefault, pod()) })
				for _, paths := range paths {
					m.call("update "+fmt.Sprint(paths), func(s *side) (any, error) {
						p := pod()
						vary(&p)
						return s.sandboxes.Update(inDefault, p, paths...)
					})
					m.call("get", func(s *side) (any, error) { return s.getSandbox("s") })
					m.call("update back "+fmt.Sprint(paths), func(s *side) (any, error) {
						return s.sandboxes.Update(inDefault, pod(), paths...)
					})
				}
				m.call("list", func(s *side) (any, error) { return s.sandboxes.List(inDefault) })
				m.do("delete", func(s *side) error { return s.sandboxes.Delete(inDefault, "s") })
				m.do("delete again", func(s *side) error { return s.sandboxes.Delete(inDefault, "s") })
			})
		})
	}
}
