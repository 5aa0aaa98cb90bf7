// Command pulumi-language-python lets the Pulumi engine run Python programs and Python policy packs.
//
// Pulumi ships an official program of this name with its releases, but publishes it nowhere as a Go
// module. This one exists for machines that can reach package registries only: it answers the same
// calls, and leaves everything difficult (finding the right Python, talking to pip, uv and poetry,
// speaking to a policy pack) to Pulumi's own packages in sdk/v3. What it does not do it says plainly:
// code generation, debugging and plugins other than policy packs need the official one.
//
// The engine starts it with its own address as the only argument and reads the port from the first
// line of standard output; every later line there is shown to the user.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const executorName = "pulumi-language-python-exec"

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-python: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	tracing := flag.String("tracing", "", "send traces to this endpoint")
	// A library of the SDK brings these two along; InitLogging reads them from there.
	if flag.Lookup("logtostderr") == nil {
		flag.Bool("logtostderr", false, "write logs to standard error")
	}
	if flag.Lookup("v") == nil {
		flag.Int("v", 0, "log level, 0 to 11")
	}
	givenExecutor := flag.String("use-executor", "", "the script that runs programs, instead of the one beside this binary")
	showVersion := flag.Bool("version", false, "print the version and stop")
	flag.Parse()
	if *showVersion {
		fmt.Printf("%s (liveavatar-ops)\n", version.Version)
		return nil
	}

	logging.InitLogging(false, 0, false)
	cmdutil.InitTracing("pulumi-language-python", "pulumi-language-python", *tracing)

	executor, err := findExecutor(*givenExecutor)
	if err != nil {
		return err
	}

	// The engine ends its plugins with an interrupt to their process group.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()

	host := newHost(executor, *tracing, cancel)
	if engine := flag.Arg(0); engine != "" {
		if err := host.followEngine(ctx, engine); err != nil {
			return err
		}
	}
	return serve(ctx, host)
}

// serve prints the port and blocks until the engine is gone or asked us to end.
func serve(ctx context.Context, host *pythonHost) error {
	stop := make(chan bool, 1)
	go func() {
		<-ctx.Done()
		host.cancelAll()
		stop <- true
	}()

	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stop,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("could not listen on 127.0.0.1: %w", err)
	}
	fmt.Printf("%d\n", handle.Port)
	return <-handle.Done
}

// findExecutor returns the script of Pulumi's SDK that runs a program; it lies beside this binary.
// Both the place we were started from and the place a symbolic link points to count.
func findExecutor(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("could not find out where this program lies: %w", err)
	}
	places := []string{filepath.Dir(self)}
	if resolved, err := filepath.EvalSymlinks(self); err == nil {
		places = append(places, filepath.Dir(resolved))
	}
	for _, place := range places {
		candidate := filepath.Join(place, executorName)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("%s is not beside %s; install the toolchain again", executorName, self)
}
