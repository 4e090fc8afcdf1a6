package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// addArgs adds the arguments after the flags. They are policies; after --from, existing files and directories are
// further databases, so that the shell may expand "--from node*.db".
func (v *comparison) addArgs(args []string) {
	for _, arg := range args {
		if _, err := os.Stat(arg); err == nil && len(v.from) > 0 {
			v.from = append(v.from, arg)
		} else {
			v.specs = append(v.specs, arg)
		}
	}
}

// openFleet opens the databases of --from as the initial states of the study.
func (v *comparison) openFleet() error {
	files, err := v.fleetFiles()
	if err != nil {
		return err
	}
	var fleet []compare.Origin
	for _, f := range files {
		node, err := v.openNode(f.path)
		if err != nil {
			return err
		}
		fleet = append(fleet, compare.Origin{Engine: node, Name: f.name})
	}
	setFleet(&v.study, fleet)
	if len(fleet) > 1 && !v.changed("seeds") {
		v.study.Seeds = 0 // each database the same number of times
	}
	return nil
}

// setFleet makes databases the initial states of a study.
func setFleet(s *compare.Study, fleet []compare.Origin) {
	switch len(fleet) {
	case 0:
	case 1:
		s.From, s.FromName = fleet[0].Engine, fleet[0].Name
	default:
		s.Fleet = fleet
	}
}

// A fleetFile is a database of --from, with its name in results.
type fleetFile struct{ path, name string }

// fleetFiles returns the databases of --from.
func (v *comparison) fleetFiles() (files []fleetFile, err error) {
	for _, arg := range v.from {
		paths, err := v.databases(arg)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			files = append(files, fleetFile{path: path})
		}
	}
	if len(files) == 1 {
		files[0].name = baseName(files[0].path)
		return files, nil
	}
	names := map[string]bool{}
	for i := range files {
		f := &files[i]
		if f.name = shortName(f.path); names[f.name] {
			if f.path == stdinName {
				return nil, errors.New("--from -: standard input can be read only once")
			}
			f.name = fmt.Sprintf("%s (%d)", f.name, i+1)
		}
		names[f.name] = true
	}
	return files, nil
}

// shortName names a database of a fleet: by its file, or by the directory around the files that are all named alike.
func shortName(path string) string {
	if root, ok := rootAround(path); ok {
		return filepath.Base(root)
	}
	if filepath.Base(path) == "meta.db" {
		return filepath.Base(filepath.Dir(path))
	}
	return baseName(path)
}

// databases returns the paths of the databases that an argument of --from stands for: itself, the database of a root
// directory, or those of a folder.
func (v *comparison) databases(arg string) ([]string, error) {
	if info, err := os.Stat(arg); arg == stdinName || err != nil || !info.IsDir() {
		return []string{arg}, nil // openNode reports a missing file
	}
	root, err := sourceInDirectory(arg)
	switch {
	case err == nil:
		return []string{root.path}, nil
	case !errors.Is(err, nodedir.ErrNoRoot):
		return nil, &fileError{err}
	}
	entries, err := os.ReadDir(arg)
	if err != nil {
		return nil, &fileError{err}
	}
	var paths []string
	for _, entry := range entries { // sorted by name
		path := filepath.Join(arg, entry.Name())
		switch name := entry.Name(); {
		case entry.IsDir():
			if root, err := sourceInDirectory(path); err == nil {
				paths = append(paths, root.path)
			} else if _, err := os.Stat(filepath.Join(path, "meta.db")); err == nil {
				paths = append(paths, filepath.Join(path, "meta.db"))
			}
		case strings.HasSuffix(name, ".db"), strings.HasSuffix(name, ".db.gz"):
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, &fileError{fmt.Errorf("--from %s: is neither the root directory of a daemon nor a folder of databases, NAME.db or NAME.db.gz", arg)}
	}
	return paths, nil
}

// A journalFile is the file of --resume. The nil *journalFile is none.
type journalFile struct {
	*compare.Journal
	file *os.File
}

// openJournal opens the file of --resume, or makes it; nil without the flag.
func (v *comparison) openJournal() (*journalFile, error) {
	if v.resume == "" {
		return nil, nil
	}
	journal, err := compare.NewJournal(v.study, version())
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(v.resume, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, &fileError{fmt.Errorf("--resume: %w", err)}
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(&fileError{fmt.Errorf("--resume %s: %w", v.resume, err)}, f.Close())
	}
	whole, err := journal.Read(data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--resume %s: %w", v.resume, err), f.Close())
	}
	if err = f.Truncate(int64(whole)); err == nil {
		_, err = f.Seek(int64(whole), io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(&fileError{fmt.Errorf("--resume %s: %w", v.resume, err)}, f.Close())
	}
	journal.AppendTo(f)
	return &journalFile{journal, f}, nil
}

func (j *journalFile) close() {
	if j != nil {
		_ = j.file.Close()
	}
}
