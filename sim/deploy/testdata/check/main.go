// Command check validates Kubernetes manifests as the API server does: it decodes them strictly, sets the defaults and
// runs the server's own validation. It needs no cluster and no network.
//
//	go run . ../../campaign.yaml
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: check FILE...")
		os.Exit(2)
	}
	failed := false
	for _, name := range os.Args[1:] {
		n, err := checkFile(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			failed = true
			continue
		}
		fmt.Printf("%s: %d objects are valid\n", name, n)
	}
	if failed {
		os.Exit(1)
	}
}

// checkFile validates all objects of a file and returns their number.
func checkFile(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	decoder := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDecoder(
		core.SchemeGroupVersion, apps.SchemeGroupVersion, batch.SchemeGroupVersion)
	documents := yaml.NewDocumentDecoder(f)
	defer documents.Close()
	var problems []error
	for buffer := make([]byte, 1<<20); ; n++ {
		size, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, err
		}
		text, err := yaml.ToJSON(bytes.TrimSpace(buffer[:size]))
		if err != nil {
			return n, fmt.Errorf("object %d: %w", n+1, err)
		}
		object, kind, err := decoder.Decode(text, nil, nil)
		if err != nil {
			problems = append(problems, fmt.Errorf("object %d: %w", n+1, err))
			continue
		}
		if err := create(kind, object); err != nil {
			problems = append(problems, fmt.Errorf("object %d, %T: %w", n+1, object, err))
		}
	}
	if n == 0 {
		problems = append(problems, errors.New("no objects"))
	}
	return n, errors.Join(problems...)
}

// create checks an object with defaults, as the API server does before it stores a new one.
func create(kind *schema.GroupVersionKind, object runtime.Object) error {
	strategies := map[reflect.Type]rest.RESTCreateStrategy{
		reflect.TypeFor[*core.Namespace](): namespace.Strategy, reflect.TypeFor[*apps.Deployment](): deployment.Strategy,
		reflect.TypeFor[*batch.Job](): job.Strategy,
	}
	strategy, found := strategies[reflect.TypeOf(object)]
	if !found {
		return errors.New("no check for this kind")
	}
	o, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	rest.FillObjectMetaSystemFields(o)
	ctx := request.WithNamespace(context.Background(), o.GetNamespace())
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: kind.Group, APIVersion: kind.Version, Namespace: o.GetNamespace(),
	})
	return rest.BeforeCreate(strategy, ctx, object)
}
