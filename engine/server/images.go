//go:build !wasm

package server

import (
	"context"

	api "github.com/containerd/containerd/api/services/images/v1"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/containerd/containerd/v2/pkg/protobuf"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// imageServer serves the store of images.
type imageServer struct {
	api.UnimplementedImagesServer
	store images.Store
}

func (s imageServer) Get(ctx context.Context, r *api.GetImageRequest) (*api.GetImageResponse, error) {
	image, err := s.store.Get(ctx, r.GetName())
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.GetImageResponse{Image: imageMessage(image)}, nil
}

func (s imageServer) List(ctx context.Context, r *api.ListImagesRequest) (*api.ListImagesResponse, error) {
	found, err := s.store.List(ctx, r.GetFilters()...)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.ListImagesResponse{Images: convert(found, imageMessage)}, nil
}

func (s imageServer) Create(ctx context.Context, r *api.CreateImageRequest) (*api.CreateImageResponse, error) {
	if r.GetImage().GetName() == "" {
		return nil, errNoImageName
	}
	created, err := s.store.Create(withEpoch(ctx, r.SourceDateEpoch), image(r.Image))
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.CreateImageResponse{Image: imageMessage(created)}, nil
}

func (s imageServer) Update(ctx context.Context, r *api.UpdateImageRequest) (*api.UpdateImageResponse, error) {
	if r.GetImage().GetName() == "" {
		return nil, errNoImageName
	}
	updated, err := s.store.Update(withEpoch(ctx, r.SourceDateEpoch), image(r.Image), r.GetUpdateMask().GetPaths()...)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	return &api.UpdateImageResponse{Image: imageMessage(updated)}, nil
}

func (s imageServer) Delete(ctx context.Context, r *api.DeleteImageRequest) (*emptypb.Empty, error) {
	var opts []images.DeleteOpt
	if r.GetSync() {
		opts = append(opts, images.SynchronousDelete())
	}
	if r.GetTarget() != nil {
		target := oci.DescriptorFromProto(r.Target)
		opts = append(opts, images.DeleteTarget(&target))
	}
	return &emptypb.Empty{}, errgrpc.ToGRPC(s.store.Delete(ctx, r.GetName(), opts...))
}

var errNoImageName = status.Error(codes.InvalidArgument, "Image.Name required")

// withEpoch sets the time that replaces the creation and update times of a record, if a request has one.
func withEpoch(ctx context.Context, t *timestamppb.Timestamp) context.Context {
	if t == nil {
		return ctx
	}
	at := t.AsTime()
	return epoch.WithSourceDateEpoch(ctx, &at)
}

func imageMessage(i images.Image) *api.Image {
	return &api.Image{
		Name:      i.Name,
		Labels:    i.Labels,
		Target:    oci.DescriptorToProto(i.Target),
		CreatedAt: protobuf.ToTimestamp(i.CreatedAt),
		UpdatedAt: protobuf.ToTimestamp(i.UpdatedAt),
	}
}

func image(m *api.Image) images.Image {
	return images.Image{
		Name:      m.GetName(),
		Labels:    m.GetLabels(),
		Target:    oci.DescriptorFromProto(m.GetTarget()),
		CreatedAt: protobuf.FromTimestamp(m.GetCreatedAt()),
		UpdatedAt: protobuf.FromTimestamp(m.GetUpdatedAt()),
	}
}

// convert converts each record to its message.
func convert[R, M any](records []R, message func(R) M) []M {
	var all []M
	for _, r := range records {
		all = append(all, message(r))
	}
	return all
}
