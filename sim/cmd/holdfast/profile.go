package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

func profileVerb(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "Show the built-in profiles of load",
		Long: `Profile shows the profiles from which compare and tune take their load: how many images nodes pull, how
large these are, how long containers live. --profile-file of these verbs reads a profile of your own. It may be
a changed copy of a built-in one, or state only the differences:

  base: k8s-node
  name: our-nodes
  node:
    disk: {value: 200GB, evidence: P, source: our cloud}`,
		Example: `  holdfast profile list
  holdfast profile show k8s-node > own.yaml
  holdfast compare --profile-file own.yaml`,
	}
	cmd.AddCommand(profileListVerb(c), profileShowVerb(c))
	return cmd
}

func profileListVerb(c *console) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the built-in profiles",
		Args:  argCount(0, 0),
		RunE: func(*cobra.Command, []string) error {
			type entry struct {
				Name  string `json:"name"`
				About string `json:"about"`
			}
			var list []entry
			for _, name := range profile.Names() {
				p, err := profile.Load(name)
				if err != nil {
					return err
				}
				list = append(list, entry{p.Name, p.About})
			}
			return c.answer(list, asJSON, func() {
				for _, p := range list {
					c.line(bold, "%s", p.Name)
					c.paragraph("", p.About)
				}
			}, false)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func profileShowVerb(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a built-in profile, to start your own from",
		Long: `Show prints the file of a built-in profile: ` + strings.Join(profile.Names(), ", ") + `.
It is YAML with comments. Each figure names its source.`,
		Args:              argCount(1, 1),
		ValidArgsFunction: cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := profile.Text(args[0])
			if err != nil {
				return err
			}
			_, err = c.out.Write(text)
			return err
		},
	}
}
