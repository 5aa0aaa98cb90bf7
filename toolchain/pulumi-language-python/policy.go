package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"liveavatar-ops/toolchain/internal/child"
	"liveavatar-ops/toolchain/internal/options"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// RunPlugin runs a policy pack until the engine ends the call.
func (h *pythonHost) RunPlugin(
	req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	if req.GetKind() != string(apitype.AnalyzerPlugin) {
		return status.Errorf(codes.Unimplemented,
			"this host runs programs and policy packs; a plugin of kind %q needs the official Pulumi installation",
			req.GetKind())
	}
	ctx, done := h.cancellable(server.Context())
	defer done()

	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()

	code, err := runPolicyPack(ctx, req, stdout, stderr)
	if err != nil {
		return err
	}
	return errors.Join(closer.Close(), server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)}, //nolint:gosec // an exit code fits
	}))
}

// runPolicyPack starts the pack once the engine has said which stack it is for: a Python pack learns
// that from its environment, so it cannot be started earlier.
func runPolicyPack(
	ctx context.Context, req *pulumirpc.RunPluginRequest, stdout, stderr io.Writer,
) (int, error) {
	_, tools, err := options.Resolve(req.GetInfo())
	if err != nil {
		return 0, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return 0, err
	}
	pack := req.GetInfo().GetProgramDirectory()
	arguments := append([]string{"-u", "-m", "pulumi.policy"}, req.GetArgs()...)
	command, err := tools.Command(ctx, append(arguments, pack)...)
	if err != nil {
		return 0, err
	}

	proxy, packStdout, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return 0, fmt.Errorf("could not serve the policy pack %s: %w", pack, err)
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return 0, err
	}
	settings, err := stackEnvironment(stack)
	if err != nil {
		return 0, err
	}
	command.Dir = pack
	command.Env = append(withoutPython(req.GetEnv(), inherited(command)), settings...)
	command.Stdout, command.Stderr = packStdout, stderr
	// A pack has nothing to clean up, so it is simply killed. Two interrupts, ours and the engine's to the
	// whole group, can leave its Python waiting for its own threads for ever.
	if err := command.Start(); err != nil {
		return 0, fmt.Errorf("could not start the policy pack %s: %w", pack, err)
	}
	ended := proxy.Attach(ctx, command)
	if ctx.Err() != nil {
		child.AwaitEnd(command) // Attach does not, and without us nobody would end the pack
	}
	return exitCode(ctx, ended)
}

// stackEnvironment says which stack a pack judges. Nothing is set when the engine has none, as for
// `pulumi policy publish`.
func stackEnvironment(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	settings, err := configEnvironment(stack.GetConfig(), stack.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	return append(settings,
		"PULUMI_ORGANIZATION="+stack.GetOrganization(),
		"PULUMI_PROJECT="+stack.GetProject(),
		"PULUMI_STACK="+stack.GetStack(),
		"PULUMI_DRY_RUN="+strconv.FormatBool(stack.GetDryRun()),
	), nil
}

// withoutPython adds the engine's environment to that of the chosen Python, but lets it not undo the
// choice.
func withoutPython(engine, chosen []string) []string {
	environment := append([]string{}, chosen...)
	for _, entry := range engine {
		name, _, _ := strings.Cut(entry, "=")
		switch name {
		case "PATH", "VIRTUAL_ENV", "PYTHONHOME":
		default:
			environment = append(environment, entry)
		}
	}
	return environment
}

// exitCode reads how a pack ended. The engine always ends it by cancelling: that is no failure.
func exitCode(ctx context.Context, err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil || ctx.Err() != nil:
		return 0, nil
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	default:
		return 0, err
	}
}
