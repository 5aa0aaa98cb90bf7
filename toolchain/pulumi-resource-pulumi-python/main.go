// Command pulumi-resource-pulumi-python runs the process that serves Python dynamic providers.
//
// Pulumi's SDK carries a shell script of this name that does the same, but for one thing: when the
// engine dies without a word (killed, or left by a second Ctrl-C), the script's Python stays behind for
// ever. This program asks after the engine and ends Python when it is gone.
//
// The engine starts it in the program's directory with its own address as the last argument, and puts the
// options of Pulumi.yaml's runtime into PULUMI_RUNTIME_<OPTION>. The port that Python prints goes straight
// through.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"liveavatar-ops/toolchain/internal/child"
	"liveavatar-ops/toolchain/internal/options"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

const engineCheckEvery = 2 * time.Second

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-pulumi-python: %v\n", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(arguments []string) (int, error) {
	if len(arguments) == 0 || arguments[0] == "-h" {
		fmt.Println("usage: pulumi-resource-pulumi-python [OPTIONS] ENGINE-ADDRESS (started by the Pulumi engine)")
		return 0, nil
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()

	command, err := provider(ctx, arguments)
	if err != nil {
		return 0, err
	}
	engine := arguments[len(arguments)-1]
	if err := rpcutil.Healthcheck(ctx, engine, engineCheckEvery, cancel); err != nil {
		return 0, fmt.Errorf("could not watch the engine at %s: %w", engine, err)
	}
	err = command.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil: // we were told to end, and did
		return 0, nil
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	default:
		return 0, err
	}
}

// provider is the Python process, in the environment that the project names.
func provider(ctx context.Context, arguments []string) (*exec.Cmd, error) {
	directory, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	wanted := toolchain.PythonOptions{Root: directory, ProgramDir: directory}
	for _, option := range []struct{ name, value string }{
		{"toolchain", os.Getenv("PULUMI_RUNTIME_TOOLCHAIN")},
		{"virtualenv", os.Getenv("PULUMI_RUNTIME_VIRTUALENV")},
	} {
		if problem := options.Set(&wanted, option.name, option.value); problem != "" {
			return nil, errors.New(problem)
		}
	}
	tools, err := toolchain.ResolveToolchain(wanted)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	command, err := tools.Command(ctx, append([]string{"-u", "-m", "pulumi.dynamic"}, arguments...)...)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	child.EndGently(command)
	return command, nil
}
