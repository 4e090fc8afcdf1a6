package main

import (
	"encoding/json"

	"github.com/spf13/cobra"
)

// jsonFlag adds the flag that asks for JSON.
func jsonFlag(cmd *cobra.Command, wanted *bool) {
	cmd.Flags().BoolVar(wanted, "json", false, "print the answer as JSON")
}

// printJSON writes an answer as JSON.
func (c *console) printJSON(answer any) error {
	e := json.NewEncoder(&c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(answer)
}
