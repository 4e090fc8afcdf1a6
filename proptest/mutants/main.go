package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ExitOnError)
	flags.StringVar(&o.only, "only", "", "run only the mutants with this `text` in their name, or that need it")
	flags.Int64Var(&o.seed, "seed", 1, "seed of the random cases")
	flags.IntVar(&o.cases, "cases", mostCases, "maximum number of cases per law")
	flags.IntVar(&o.workers, "workers", 2, "number of mutants to run at once")
	flags.BoolVar(&o.verbose, "v", false, "print each counterexample")
	flags.BoolVar(&o.update, "update", false, "write the table to proptest/mutants/MUTANTS.md")
	flags.BoolVar(&o.check, "check", false, "only compare the result with that table")
	_ = flags.Parse(os.Args[1:]) // ends the program if it fails
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "mutants: unexpected argument %q (see -help)\n", flags.Arg(0))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		if !errors.Is(err, errSurvived) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}
