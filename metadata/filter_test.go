package metadata_test

import (
	"fmt"
	"testing"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
)

func TestFilters(t *testing.T) {
	mirrored(t, func(m *mirror) {
		for i, l := range []map[string]string{nil, {"a": "1"}, {"a": "2", "dotted.name": "x"}, {"": "", "b/c": "y"}} {
			m.call("image", func(s *side) (any, error) {
				return s.images.Create(inDefault, images.Image{
					Name: fmt.Sprintf("image-%d", i), Target: descriptor(fmt.Sprint(i), l), Labels: l,
				})
			})
			m.call("container", func(s *side) (any, error) {
				c := container()
				c.ID, c.Labels = fmt.Sprintf("c%d", i), l
				return s.containers.Create(inDefault, c)
			})
			m.call("sandbox", func(s *side) (any, error) {
				p := pod()
				p.ID, p.Labels = fmt.Sprintf("s%d", i), l
				return s.sandboxes.Create(inDefault, p)
			})
			m.call("lease", func(s *side) (any, error) {
				return s.leases.Create(inDefault, leases.WithID(fmt.Sprintf("l%d", i)), leases.WithLabels(l))
			})
		}
		for _, fs := range [][]string{
			{""}, {"name"}, {"id"}, {"name==image-1"}, {"id==c1"}, {"id==s2", "id==l2"}, {"id!=l1"}, {"id~=1"}, {"name.x==image-1"},
			{"labels"}, {"labels.a"}, {"labels.a==2"}, {"labels.a!=2"}, {`labels."dotted.name"==x`}, {"labels.dotted.name"},
			{`labels."b/c"`}, {"annotations.a==1"}, {"annotations"},
			{"target"}, {"target.digest~=^sha256:"}, {"target.mediatype"}, {"target.size"}, {"target.digest.x"},
			{"runtime"}, {"runtime.name==runc"}, {"runtime.options"}, {"image==image"}, {"image!=image"},
			{"name==image-0,labels.a"}, {"name==image-0", "labels.a==1"}, {"nonsense"},
			{"name=="}, {"==x"}, {"name==a,"}, {"name~=("}, {"\x00"}, {"name==image-1", "==="},
		} {
			name := fmt.Sprintf("%q", fs)
			m.call("images "+name, func(s *side) (any, error) { return s.images.List(inDefault, fs...) })
			m.call("containers "+name, func(s *side) (any, error) { return s.containers.List(inDefault, fs...) })
			m.call("sandboxes "+name, func(s *side) (any, error) { return s.sandboxes.List(inDefault, fs...) })
			m.call("leases "+name, func(s *side) (any, error) { return s.leases.List(inDefault, fs...) })
		}
	})
}
