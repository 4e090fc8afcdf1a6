package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/verdict"
)

const module = "github.com/holdfast-gc/holdfast"

// patience is how long the suite may take over one mutant, some of which hang. One that takes longer counts as found.
const patience = 5 * time.Minute

// build compiles a program that has every mutant, in the folder to, and returns its name.
func build(ctx context.Context, root, to string) (string, error) {
	overlay, err := catalogue.Overlay(root, module, to, catalogue.All())
	if err != nil {
		return "", err
	}
	program := filepath.Join(to, "victim")
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", program, "./proptest/mutants/internal/victim")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the mutants: %w\n%s", err, out)
	}
	return program, nil
}

// run has the program look for the n-th mutant; 0 is none of them.
func run(ctx context.Context, program string, n int, seed int64, cases int) (verdict.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, strconv.FormatInt(seed, 10), strconv.Itoa(cases))
	cmd.Env = append(os.Environ(), catalogue.Variable+"="+strconv.Itoa(n))
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return verdict.Verdict{Law: "the suite comes to an end"}, nil
	case err != nil && strings.HasPrefix(said.String(), "fatal error:"):
		return verdict.Verdict{Law: "the suite doesn't break down"}, nil
	case err != nil:
		return verdict.Verdict{}, fmt.Errorf("mutant %d: %w\n%s", n, err, said.String())
	}
	var v verdict.Verdict
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		return v, fmt.Errorf("mutant %d: %w", n, err)
	}
	return v, nil
}
