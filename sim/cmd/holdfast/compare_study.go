package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// prepare fills in the study from the flags and arguments.
func (v *comparison) prepare() error {
	s := &v.study
	if v.workers < 0 {
		return fmt.Errorf("--workers %d: must not be negative", v.workers)
	}
	if v.changed("seeds") && s.Seeds < 1 {
		return fmt.Errorf("--seeds %d: must be at least 1", s.Seeds)
	}
	if v.changed("days") && !(s.Days > 0) {
		return fmt.Errorf("--days %v: must be above 0", s.Days)
	}
	if v.disk != "" {
		amount, err := spec.ParseAmount(v.disk)
		if err != nil || amount.Percent > 0 || amount.Bytes == 0 {
			return fmt.Errorf("--disk %s: must be a size such as 50GB", v.disk)
		}
		s.Disk = amount.Bytes
	}
	if len(v.faults) > 0 {
		faults, err := compare.ParseFaults(strings.Join(v.faults, ","))
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		s.Faults = faults
	}
	if err := v.chooseLoad(); err != nil {
		return err
	}
	for _, spec := range v.specs {
		list, err := v.policies(spec)
		if err != nil {
			return err
		}
		s.Policies = append(s.Policies, list...)
	}
	return nil
}

// chooseLoad reads the profile or trace, and the database of --from.
func (v *comparison) chooseLoad() error {
	s := &v.study
	switch {
	case v.trace != "" && (v.changed("profile") || v.profileFile != "" || len(v.from) > 0):
		return errors.New("--trace: cannot be combined with --profile, --profile-file or --from")
	case v.profileFile != "" && v.changed("profile"):
		return errors.New("--profile-file: cannot be combined with --profile")
	case v.trace != "":
		in, err := v.openText(v.trace)
		if err != nil {
			return err
		}
		defer in.Close()
		if s.Load, err = compare.ReadTrace(in, baseName(v.trace)); err != nil {
			return &fileError{fmt.Errorf("%s: %w", v.trace, err)}
		}
	case v.profileFile != "":
		text, err := os.ReadFile(v.profileFile)
		if err != nil {
			return &fileError{err}
		}
		if _, err := profile.Parse(v.profileFile, text); err != nil {
			return err
		}
		s.ProfileText = string(text)
	default:
		s.Profile = v.profile
	}
	return v.openFleet()
}

// policies parses a policy, or the file of policies that @FILE names.
func (v *comparison) policies(spec string) ([]compare.Combination, error) {
	name, ok := strings.CutPrefix(spec, "@")
	if !ok {
		r, err := compare.ParseRange(spec)
		if err != nil {
			return nil, err
		}
		v.notes = append(v.notes, r.Note())
		return r.Combinations(), nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, &fileError{err}
	}
	list, err := compare.ParseCombinations(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}
