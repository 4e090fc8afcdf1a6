package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func startSimVerb(c *console) *cobra.Command {
	s := &campaignStart{serverFlags: serverFlags{console: c}}
	v := &simulation{console: c}
	seeds, first, shrunk, guided := "", uint64(1), 0, 0
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Simulate nodes with many seeds",
		Long: `Sim runs the seeds of "holdfast sim" as a campaign. It does not stop at a failure. The first failures of each
kind are shrunk. Failures with the same shrunk trace, up to names, are shown once.

The merged result is that of "holdfast sim" with the same seeds and so many --failures that it never stops, as
long as no kind of failure has more than --shrink seeds. Only the speed differs: a campaign counts the seconds
of all workers together.

With --guide N, the campaign runs in rounds of N seeds. Before each round, it makes those scenarios likelier that
led to rarely reached situations in the rounds before. The seeds then run other scenarios than in "holdfast sim",
but the result still depends only on the flags and the seeds.`,
		Example: `  holdfast campaign start sim --seeds 1..1000000
  holdfast campaign start sim --seeds 0 --for 8h --serve 4222 --report night.html`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, n, ranged, err := seedRange(seeds)
			if err != nil {
				return err
			}
			if ranged && cmd.Flags().Changed("seed") {
				return errors.New("--seed: --seeds has a first seed already")
			}
			if !ranged {
				from = first
			}
			if shrunk < 0 {
				return fmt.Errorf("--shrink %d: must be at least 0", shrunk)
			}
			if guided < 0 {
				return fmt.Errorf("--guide %d: must be at least 0", guided)
			}
			if v.limit > 0 && !cmd.Flags().Changed("seeds") {
				n = 0
			}
			v.campaign.Seed, v.campaign.Seeds, v.campaign.Failures = from, n, 1
			if err := v.validate(); err != nil {
				return err
			}
			s.workers, s.limit, s.asJSON, s.output = v.campaign.Workers, v.limit, v.asJSON, v.directory
			if err := s.validate(); err != nil {
				return err
			}
			c := v.campaign
			params, err := json.Marshal(simParams{
				First: from, Seeds: n, Ops: c.Ops, Profile: c.Profile, Schedule: c.Schedule, CollectEvery: c.CollectEvery, Faults: v.faults,
				FaultEvery: c.FaultEvery, Plant: c.Plant, Twice: c.Twice, Shrink: shrunk, Guide: guided,
			})
			if err != nil {
				return err
			}
			return s.run("sim", params, nil)
		},
	}
	cmd.Flags().StringVar(&seeds, "seeds", "100", "run the seeds `FIRST..LAST`, or a number of seeds; 0 runs until interrupted")
	cmd.Flags().Uint64Var(&first, "seed", 1, "start with seed `N`, if --seeds is a number")
	cmd.Flags().IntVar(&shrunk, "shrink", 10, "shrink the first `N` failures of each kind")
	cmd.Flags().IntVar(&guided, "guide", 0, "adapt the scenarios to rare situations after every `N` seeds; 0: never")
	v.runFlags(cmd)
	cmd.Flags().StringVar(&s.report, "report", "", "write an HTML report to `FILE`, or to standard output for -")
	jsonFlag(cmd, &v.asJSON)
	s.flags(cmd)
	return cmd
}
