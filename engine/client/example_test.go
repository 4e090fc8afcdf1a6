//go:build !wasm

package client_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/oci"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/client"
)

// This example imports an image under a lease and deletes the image. Its blobs stay until the end of the lease.
func Example() {
	node, err := engine.New()
	must(err)
	c, err := client.New(node)
	must(err)
	defer c.Close()
	ctx := namespaces.WithNamespace(context.Background(), "default")

	show := func(when string) {
		blobs := 0
		must(c.ContentStore().Walk(ctx, func(content.Info) error { blobs++; return nil }))
		names, err := c.ImageService().List(ctx)
		must(err)
		fmt.Printf("%-20s %d images, %d blobs\n", when+":", len(names), blobs)
	}

	leased, release, err := c.WithLease(ctx, leases.WithID("importing"), client.WithExpiration(node, time.Hour))
	must(err)
	_, err = c.Import(leased, bytes.NewReader(ociArchive("kelp:latest", twoLayers(), nil)))
	must(err)
	show("imported")

	must(c.ImageService().Delete(ctx, "kelp:latest"))
	_, err = node.Collect(ctx)
	must(err)
	show("deleted but leased")

	must(release(ctx))
	_, err = node.Collect(ctx)
	must(err)
	show("released")
	// Output:
	// imported:            1 images, 5 blobs
	// deleted but leased:  0 images, 5 blobs
	// released:            0 images, 0 blobs
}

// This example lists the images of one repository in every namespace.
func Example_namespaces() {
	node, err := engine.New()
	must(err)
	c, err := client.New(node)
	must(err)
	defer c.Close()

	for _, image := range []struct{ namespace, name string }{
		{"build", "kelp:1"}, {"build", "kelp:2"}, {"build", "urchin:1"}, {"default", "kelp:2"},
	} {
		ctx := namespaces.WithNamespace(context.Background(), image.namespace)
		_, err := c.Import(ctx, bytes.NewReader(ociArchive(image.name, twoLayers(), nil)))
		must(err)
	}

	all, err := c.NamespaceService().List(context.Background())
	must(err)
	for _, name := range all {
		found, err := c.ListImages(namespaces.WithNamespace(context.Background(), name), `name~=^kelp:`)
		must(err)
		for _, image := range found {
			fmt.Println(name, image.Name())
		}
	}
	// Output:
	// build kelp:1
	// build kelp:2
	// default kelp:2
}

// This example makes a container as in containerd's "Getting started". A node runs no tasks.
func Example_container() {
	node, err := engine.New()
	must(err)
	c, err := client.New(node)
	must(err)
	defer c.Close()
	ctx := namespaces.WithNamespace(context.Background(), "default")

	_, err = c.Import(ctx, bytes.NewReader(ociArchive("kelp:latest", twoLayers(), nil)))
	must(err)
	image, err := c.GetImage(ctx, "kelp:latest")
	must(err)
	must(image.Unpack(ctx, ""))
	container, err := c.NewContainer(ctx, "web", containerd.WithNewSnapshot("web-root", image),
		containerd.WithNewSpec(oci.WithImageConfig(image), oci.WithProcessArgs("/greeting")))
	must(err)
	spec, err := container.Spec(ctx)
	must(err)
	fmt.Println(spec.Process.Args)
	_, err = container.NewTask(ctx, cio.NullIO)
	fmt.Println(err)
	// Output:
	// [/greeting]
	// /containerd.services.tasks.v1.Tasks/Create: a node in memory runs no tasks
}
