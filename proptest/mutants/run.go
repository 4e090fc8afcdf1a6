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

// patience is the time limit for one mutant. Some mutants hang; a timeout counts as a detection.
const patience = 5 * time.Minute

// build compiles a program with all mutants into the folder to, and returns its path.
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

// run runs the program with the n-th mutant active, or with none if n is 0.
func run(ctx context.Context, program string, n int, seed int64, cases int) (verdict.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, strconv.FormatInt(seed, 10), strconv.Itoa(cases))
	cmd.Env = append(os.Environ(), catalogue.Variable+"="+strconv.Itoa(n))
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return verdict.Verdict{Law: "the suite ends in time"}, nil
	case err != nil && strings.HasPrefix(stderr.String(), "fatal error:"):
		return verdict.Verdict{Law: "the suite does not crash"}, nil
	case err != nil:
		return verdict.Verdict{}, fmt.Errorf("mutant %d: %w\n%s", n, err, stderr.String())
	}
	var v verdict.Verdict
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		return v, fmt.Errorf("mutant %d: %w", n, err)
	}
	return v, nil
}
