// Proxy writes the module in the current folder into a folder that the go command can use as a module proxy
// (GOPROXY=file://FOLDER), and prints the version that it gave to the module.
//
//	go run ./.ci/proxy FOLDER
//
// The module holds the files that git would commit: tracked ones and new ones, without ignored ones. The version
// contains a hash of these files, so that the go command's caches never serve one state of the module for another.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("proxy: ")
	if len(os.Args) != 2 {
		log.Fatal("expects one argument, the folder to write")
	}
	version, err := write(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(version)
}

// write lays out the module below folder in the form of a module proxy and returns the module's version.
func write(folder string) (version string, err error) {
	gomod, err := os.ReadFile("go.mod")
	if err != nil {
		return "", err
	}
	path := modfile.ModulePath(gomod)
	files, err := committable()
	if err != nil {
		return "", err
	}
	// The version is part of every name inside the zip, so the hash comes from a first zip with a fixed version.
	draft, err := pack(module.Version{Path: path, Version: "v0.0.0"}, files)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(draft)
	version = fmt.Sprintf("v0.0.0-20200101000000-%x", sum[:6])
	packed, err := pack(module.Version{Path: path, Version: version}, files)
	if err != nil {
		return "", err
	}
	at := filepath.Join(folder, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return "", err
	}
	for name, data := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2020-01-01T00:00:00Z"}`, version),
		version + ".mod":  gomod,
		version + ".zip":  packed,
	} {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o644); err != nil {
			return "", err
		}
	}
	return version, nil
}

// committable lists the module's files as git sees them.
func committable() ([]modzip.File, error) {
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []modzip.File
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and the deletion is not staged
		}
		files = append(files, file(name))
	}
	return files, nil
}

// pack returns the module's zip. It leaves out nested modules and symbolic links, as the go command does.
func pack(m module.Version, files []modzip.File) ([]byte, error) {
	var b bytes.Buffer
	err := modzip.Create(&b, m, files)
	return b.Bytes(), err
}

// file is a slash-separated path below the current folder.
type file string

func (f file) Path() string                 { return string(f) }
func (f file) Lstat() (fs.FileInfo, error)  { return os.Lstat(string(f)) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(string(f)) }
