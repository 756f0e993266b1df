package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program: it returns the exit code. The first Ctrl-C asks
// the work to stop after its step, the second ends the process.
func run(args []string, stdout, stderr *os.File) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	app := &app{stdout: stdout, stderr: stderr, args: args, started: time.Now()}
	defer func() {
		if cause := recover(); cause != nil {
			code = app.fail(panicError(cause))
		}
	}()
	if err := app.command().ExecuteContext(ctx); err != nil {
		return app.fail(err)
	}
	return 0
}
