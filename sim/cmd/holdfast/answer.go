package main

import (
	"encoding/json"

	"github.com/spf13/cobra"
)

// jsonFlag adds the flag that asks for JSON.
func jsonFlag(cmd *cobra.Command, wanted *bool) {
	cmd.Flags().BoolVar(wanted, "json", false, "print the answer as JSON")
}

// answer gives an answer: as JSON, or in words. One that is not what one hopes for is an error to the process.
func (c *console) answer(value any, asJSON bool, inWords func(), findings bool) error {
	if !asJSON {
		inWords()
	} else if err := c.printJSON(value); err != nil {
		return err
	}
	if findings {
		return errFindings
	}
	return nil
}

// printJSON writes an answer as JSON.
func (c *console) printJSON(answer any) error {
	e := json.NewEncoder(&c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(answer)
}
