package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
)

// Build identifies the code of this process. Two processes with the same Build compute the same results. A release and
// a build of an unmodified commit are identified by their version, on every platform. Other builds are identified by
// the bytes of the program.
func Build() (string, error) {
	h := sha256.New()
	if version := sourceVersion(); version != "" {
		_, _ = io.WriteString(h, version)
		return hex.EncodeToString(h.Sum(nil))[:16], nil
	}
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// sourceVersion returns a version that identifies the source, or "" if the build has none.
func sourceVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	switch revision := setting["vcs.revision"]; {
	case setting["vcs.modified"] == "true":
		return ""
	case revision != "":
		return revision + info.GoVersion
	case info.Main.Version != "" && info.Main.Version != "(devel)" && info.Main.Replace == nil:
		return info.Main.Version + info.GoVersion
	}
	return ""
}

// Name returns the name of the campaign with these parameters. The same build, kind and parameters give the same name.
func Name(build, kind string, params []byte) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(build), []byte(kind), params} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return kind + "-" + hex.EncodeToString(h.Sum(nil))[:10]
}
