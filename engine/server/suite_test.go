//go:build daemon

package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/server"
)

// suitePackage has the integration tests of containerd's client.
const suitePackage = "github.com/containerd/containerd/v2/integration/client"

// TestClientSuite runs containerd's own integration tests of its client, from the module cache, on the daemon and on a
// server. Each test must pass on both, except for the tests that testdata/client-tests.txt lists with a reason.
func TestClientSuite(t *testing.T) {
	registry := newRegistry(t)
	binary := buildSuite(t, strings.TrimPrefix(registry.URL, "http://"), registry.index("containerd/busybox"))
	listed := command(t, filepath.Dir(binary), binary, "-test.root", "-test.short", "-test.list", ".")
	reasons := suiteReasons(t)
	var run []string
	all := 0
	for name := range strings.FieldsSeq(listed) {
		if !strings.HasPrefix(name, "Test") {
			continue
		}
		all++
		if reasons[name] == "" {
			run = append(run, name)
		}
		delete(reasons, name)
	}
	for name := range reasons {
		t.Errorf("testdata/client-tests.txt: the suite has no test %s", name)
	}

	socket, _ := startDaemon(t)
	node, err := engine.New(engine.WithStart(time.Now()), engine.WithSnapshotters("native", "overlayfs"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Listen(node, "", server.WithClock(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	daemon, ours := runSuite(t, binary, socket, run), runSuite(t, binary, s.Address(), run)
	passed := 0
	for _, name := range run {
		if daemon.results[name] == "PASS" && ours.results[name] == "PASS" {
			passed++
			continue
		}
		t.Errorf("%s: %q with the daemon, %q with the server\nthe daemon:\n%s\nthe server:\n%s", name,
			daemon.results[name], ours.results[name], daemon.outputs[name], ours.outputs[name])
	}
	t.Logf("%d of %d tests pass on both; the others are in the table", passed, all)
}

// suiteReasons returns the tests that do not apply, with their reasons.
func suiteReasons(t *testing.T) map[string]string {
	t.Helper()
	table, err := os.ReadFile("testdata/client-tests.txt")
	if err != nil {
		t.Fatal(err)
	}
	reasons, reason := map[string]string{}, ""
	for line := range strings.Lines(string(table)) {
		switch line = strings.TrimSpace(line); {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasSuffix(line, ":"):
			reason = line
		default:
			reasons[line] = reason
		}
	}
	return reasons
}

// buildSuite compiles a copy of the suite. Its images come from a registry.
func buildSuite(t *testing.T, registry string, byDigest digest.Digest) (binary string) {
	t.Helper()
	const copied = "github.com/containerd/containerd/v2/suite" // in containerd's tree: the suite uses internal packages
	dir := t.TempDir()
	module := strings.Fields(command(t, ".", "go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "github.com/containerd/containerd/v2"))
	hosts := regexp.MustCompile(`"(ghcr\.io|registry\.k8s\.io)/`)
	sums := regexp.MustCompile(`@sha256:[0-9a-f]{64}`)
	for _, part := range []string{"client", "images"} {
		files, err := filepath.Glob(filepath.Join(module[1], "integration", part, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source = bytes.ReplaceAll(source, []byte(`containerd/v2/integration/images"`), []byte(`containerd/v2/suite/images"`))
			source = hosts.ReplaceAll(source, []byte(`"`+registry+"/"))
			source = sums.ReplaceAll(source, []byte("@"+byDigest.String()))
			to := filepath.Join(dir, part, filepath.Base(file))
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, source, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	command(t, dir, "go", "mod", "init", copied)
	command(t, dir, "go", "get", "-t", suitePackage+"@"+module[0]) // the versions that containerd's own tests use
	command(t, dir, "go", "mod", "tidy")
	binary = filepath.Join(dir, "suite.test")
	command(t, dir, "go", "test", "-c", "-o", binary, copied+"/client")
	return binary
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, errors.String())
	}
	return string(out)
}

// suiteRun has the results (PASS, FAIL or SKIP) and the outputs of tests.
type suiteRun struct{ results, outputs map[string]string }

var suiteLine = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): (\w+) `)

// runSuite runs tests of the suite on a server.
func runSuite(t *testing.T, binary, address string, tests []string) suiteRun {
	t.Helper()
	pattern := "^(" + strings.Join(tests, "|") + ")$"
	cmd := exec.Command(binary, "-test.root", "-test.v", "-test.parallel", "1", "-test.timeout", "10m", "-no-daemon", "-address", address, "-test.run", pattern)
	cmd.Dir = filepath.Dir(binary)
	cmd.Env = append(os.Environ(), "TEST_SNAPSHOTTER=native")
	out, _ := cmd.CombinedOutput() // the exit code tells less than the results
	run := suiteRun{map[string]string{}, map[string]string{}}
	last := ""
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(line, "=== RUN   "); ok {
			last, _, _ = strings.Cut(strings.TrimSpace(name), "/")
		}
		run.outputs[last] += line
		if m := suiteLine.FindStringSubmatch(line); m != nil {
			run.results[m[2]] = m[1]
		}
	}
	if len(run.results) == 0 {
		t.Fatalf("no test ran on %s:\n%s", address, out)
	}
	return run
}

// A registry serves an image of several platforms under each name, and all tags.
type registry struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	indexes map[string]digest.Digest // by name
	types   map[digest.Digest]string
	data    map[digest.Digest][]byte
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, indexes: map[string]digest.Digest{}, types: map[digest.Digest]string{}, data: map[digest.Digest][]byte{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// index returns the digest of the image of a name.
func (r *registry) index(name string) digest.Digest {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.indexes[name] != "" {
		return r.indexes[name]
	}
	index := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex}
	for _, p := range []ocispec.Platform{
		{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}, {OS: "linux", Architecture: "arm", Variant: "v7"},
		{OS: "linux", Architecture: "ppc64le"}, {OS: "linux", Architecture: "s390x"},
	} {
		l := newLayoutFor(r.t, p, name+p.Architecture, "second layer", "third layer")
		for _, d := range l.blobs {
			r.types[d.Digest], r.data[d.Digest] = d.MediaType, l.data[d.Digest]
		}
		manifest := l.blobs[len(l.blobs)-1]
		manifest.Platform, manifest.Annotations = &p, nil
		index.Manifests = append(index.Manifests, manifest)
	}
	encoded, err := json.Marshal(index)
	if err != nil {
		r.t.Error(err)
	}
	dgst := digest.FromBytes(encoded)
	r.indexes[name], r.types[dgst], r.data[dgst] = dgst, index.MediaType, encoded
	return dgst
}

// ServeHTTP serves /v2/NAME/manifests/REFERENCE and /v2/NAME/blobs/DIGEST.
func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	path := strings.Split(request.URL.Path, "/")
	if len(path) < 5 {
		http.NotFound(w, request)
		return
	}
	name, kind, reference := strings.Join(path[2:len(path)-2], "/"), path[len(path)-2], digest.Digest(path[len(path)-1])
	index := r.index(name)
	if kind == "manifests" && reference.Validate() != nil {
		reference = index // a tag
	}
	r.mu.Lock()
	data, mediaType := r.data[reference], r.types[reference]
	r.mu.Unlock()
	if data == nil {
		http.NotFound(w, request)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", reference.String())
	http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(data))
}
