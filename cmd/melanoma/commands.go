package main

import "github.com/spf13/cobra"

// commands lists every command in the order of the help.
func (a *app) commands() []*cobra.Command {
	out := []*cobra.Command{a.runCommand()}
	out = append(out, a.stageCommands()...)
	return append(out,
		a.rateCommand(), a.inferCommand(), a.verifyCommand(), a.traceCommand(), a.synthCommand(), a.modelsCommand(), a.augmentCommand(),
		a.scoreCommand(), a.blendCommand(), a.benchCommand(), a.doctorCommand(), a.versionCommand())
}
