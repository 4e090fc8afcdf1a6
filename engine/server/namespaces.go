//go:build !wasm

package server

import (
	"context"
	"strings"

	api "github.com/containerd/containerd/api/services/namespaces/v1"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/holdfast-gc/holdfast/engine/internal/services"
)

// namespaceServer serves the store of namespaces.
type namespaceServer struct {
	api.UnimplementedNamespacesServer
	store services.NamespaceStore
}

func (s namespaceServer) Get(ctx context.Context, r *api.GetNamespaceRequest) (*api.GetNamespaceResponse, error) {
	labels, err := s.store.Labels(ctx, r.GetName())
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.GetNamespaceResponse{Namespace: &api.Namespace{Name: r.GetName(), Labels: labels}}, nil
}

func (s namespaceServer) List(ctx context.Context, _ *api.ListNamespacesRequest) (*api.ListNamespacesResponse, error) {
	names, err := s.store.List(ctx)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	found := &api.ListNamespacesResponse{}
	for _, name := range names {
		labels, err := s.store.Labels(ctx, name)
		if errdefs.IsNotFound(err) {
			continue // deleted since
		} else if err != nil {
			return nil, errgrpc.ToGRPC(err)
		}
		found.Namespaces = append(found.Namespaces, &api.Namespace{Name: name, Labels: labels})
	}
	return found, nil
}

func (s namespaceServer) Create(ctx context.Context, r *api.CreateNamespaceRequest) (*api.CreateNamespaceResponse, error) {
	if err := s.store.Create(ctx, r.GetNamespace().GetName(), r.GetNamespace().GetLabels()); err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.CreateNamespaceResponse{Namespace: r.Namespace}, nil
}

// Update sets the labels that the mask names, or replaces all labels if there is no mask.
func (s namespaceServer) Update(ctx context.Context, r *api.UpdateNamespaceRequest) (*api.UpdateNamespaceResponse, error) {
	var keys []string
	for _, path := range r.GetUpdateMask().GetPaths() {
		key, ok := strings.CutPrefix(path, "labels.")
		if !ok {
			return nil, status.Errorf(codes.InvalidArgument, "cannot update %q field", path)
		}
		keys = append(keys, key)
	}
	if err := s.store.Update(ctx, r.GetNamespace().GetName(), r.GetNamespace().GetLabels(), keys); err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.UpdateNamespaceResponse{}, nil
}

func (s namespaceServer) Delete(ctx context.Context, r *api.DeleteNamespaceRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, errgrpc.ToGRPC(s.store.Delete(ctx, r.GetName()))
}
