//go:build !wasm

package server

import (
	"context"
	"maps"

	api "github.com/containerd/containerd/api/services/containers/v1"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/protobuf"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"github.com/containerd/typeurl/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// containerServer serves the store of containers.
type containerServer struct {
	api.UnimplementedContainersServer
	store containers.Store
}

func (s containerServer) Get(ctx context.Context, r *api.GetContainerRequest) (*api.GetContainerResponse, error) {
	found, err := s.store.Get(ctx, r.GetID())
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.GetContainerResponse{Container: containerMessage(found)}, nil
}

func (s containerServer) List(ctx context.Context, r *api.ListContainersRequest) (*api.ListContainersResponse, error) {
	found, err := s.store.List(ctx, r.GetFilters()...)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.ListContainersResponse{Containers: convert(found, containerMessage)}, nil
}

func (s containerServer) ListStream(r *api.ListContainersRequest, to api.Containers_ListStreamServer) error {
	found, err := s.store.List(to.Context(), r.GetFilters()...)
	if err != nil {
		return errgrpc.ToGRPC(err)
	}
	for _, c := range found {
		if err := to.Send(&api.ListContainerMessage{Container: containerMessage(c)}); err != nil {
			return err
		}
	}
	return nil
}

func (s containerServer) Create(ctx context.Context, r *api.CreateContainerRequest) (*api.CreateContainerResponse, error) {
	created, err := s.store.Create(ctx, container(r.GetContainer()))
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.CreateContainerResponse{Container: containerMessage(created)}, nil
}

func (s containerServer) Update(ctx context.Context, r *api.UpdateContainerRequest) (*api.UpdateContainerResponse, error) {
	if r.GetContainer().GetID() == "" {
		return nil, status.Error(codes.InvalidArgument, "Container.ID required")
	}
	updated, err := s.store.Update(ctx, container(r.Container), r.GetUpdateMask().GetPaths()...)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.UpdateContainerResponse{Container: containerMessage(updated)}, nil
}

func (s containerServer) Delete(ctx context.Context, r *api.DeleteContainerRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, errgrpc.ToGRPC(s.store.Delete(ctx, r.GetID()))
}

func containerMessage(c containers.Container) *api.Container {
	extensions := map[string]*anypb.Any{}
	for name, value := range c.Extensions {
		extensions[name] = typeurl.MarshalProto(value)
	}
	return &api.Container{
		ID:          c.ID,
		Labels:      c.Labels,
		Image:       c.Image,
		Runtime:     &api.Container_Runtime{Name: c.Runtime.Name, Options: typeurl.MarshalProto(c.Runtime.Options)},
		Spec:        typeurl.MarshalProto(c.Spec),
		Snapshotter: c.Snapshotter,
		SnapshotKey: c.SnapshotKey,
		CreatedAt:   protobuf.ToTimestamp(c.CreatedAt),
		UpdatedAt:   protobuf.ToTimestamp(c.UpdatedAt),
		Extensions:  extensions,
		Sandbox:     c.SandboxID,
	}
}

func container(m *api.Container) containers.Container {
	c := containers.Container{
		ID:          m.GetID(),
		Labels:      m.GetLabels(),
		Image:       m.GetImage(),
		Snapshotter: m.GetSnapshotter(),
		SnapshotKey: m.GetSnapshotKey(),
		Extensions:  maps.Collect(extensions(m)),
		SandboxID:   m.GetSandbox(),
	}
	// A nil message in an interface is not nil, so an absent value stays an absent interface.
	if spec := m.GetSpec(); spec != nil {
		c.Spec = spec
	}
	c.Runtime.Name = m.GetRuntime().GetName()
	if options := m.GetRuntime().GetOptions(); options != nil {
		c.Runtime.Options = options
	}
	return c
}

func extensions(m *api.Container) func(yield func(string, typeurl.Any) bool) {
	return func(yield func(string, typeurl.Any) bool) {
		for name, value := range m.GetExtensions() {
			if !yield(name, value) {
				return
			}
		}
	}
}
