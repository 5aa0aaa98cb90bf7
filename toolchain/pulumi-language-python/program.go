package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"liveavatar-ops/toolchain/internal/child"
	"liveavatar-ops/toolchain/internal/options"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The executor leaves with this code when it has shown the user what went wrong already.
const alreadyExplained = 32

// Run executes one program and returns when it has ended.
func (h *pythonHost) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if req.GetAttachDebugger() {
		return nil, status.Error(codes.Unimplemented, "attaching a debugger needs the official Pulumi installation")
	}
	environment, err := configEnvironment(req.GetConfig(), req.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	_, tools, err := options.Resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	ctx, done := h.cancellable(ctx)
	defer done()
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	command, err := tools.Command(ctx, append([]string{h.executor}, h.programArguments(req)...)...)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(inherited(command), environment...)
	child.EndGently(command)
	return outcome(command.Run()), nil
}

// programArguments lists what the executor wants to know; an empty value is left out.
func (h *pythonHost) programArguments(req *pulumirpc.RunRequest) []string {
	pairs := [][2]string{
		{"monitor", req.GetMonitorAddress()},
		{"engine", h.engine()},
		{"project", req.GetProject()},
		{"root_directory", req.GetInfo().GetRootDirectory()},
		{"stack", req.GetStack()},
		{"pwd", req.GetPwd()},
		{"dry_run", strconv.FormatBool(req.GetDryRun())},
		{"parallel", strconv.Itoa(int(req.GetParallel()))},
		{"tracing", h.tracing},
		{"organization", req.GetOrganization()},
	}
	var arguments []string
	for _, pair := range pairs {
		if pair[1] != "" {
			arguments = append(arguments, "--"+pair[0], pair[1])
		}
	}
	program := req.GetInfo().GetEntryPoint()
	if program == "" {
		program = "."
	}
	return append(append(arguments, program), req.GetArgs()...)
}

// configEnvironment hands the stack's configuration over. It goes by environment and never by
// argument: arguments can be read by everybody on the machine.
func configEnvironment(config map[string]string, secretKeys []string) ([]string, error) {
	if config == nil {
		config = map[string]string{} // null would crash the Python side
	}
	if secretKeys == nil {
		secretKeys = []string{}
	}
	values, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("could not write the configuration as JSON: %w", err)
	}
	keys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, fmt.Errorf("could not write the names of secret settings as JSON: %w", err)
	}
	return []string{"PULUMI_CONFIG=" + string(values), "PULUMI_CONFIG_SECRET_KEYS=" + string(keys)}, nil
}

// outcome turns the way a program ended into the answer that the engine expects.
func outcome(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case errors.As(err, &exit) && exit.ExitCode() == alreadyExplained:
		return &pulumirpc.RunResponse{Bail: true}
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program was ended by a signal: %v", exit)}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program could not be started: %v", err)}
	}
}

// inherited returns the environment that a command would get anyway, so that one can add to it.
func inherited(command *exec.Cmd) []string {
	if command.Env != nil {
		return command.Env
	}
	return os.Environ()
}
