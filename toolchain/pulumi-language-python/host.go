package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"

	"liveavatar-ops/toolchain/internal/options"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// How often we ask whether the engine still lives. A host without its engine must not stay behind.
const engineCheckEvery = 5 * time.Second

// pythonHost answers the engine's calls. What it does not answer is refused as unimplemented by the
// embedded server.
type pythonHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	executor string
	tracing  string
	endSelf  context.CancelFunc

	mutex         sync.Mutex
	engineAddress string
	running       map[int]context.CancelFunc
	nextRun       int
}

func newHost(executor, tracing string, endSelf context.CancelFunc) *pythonHost {
	return &pythonHost{
		executor: executor,
		tracing:  tracing,
		endSelf:  endSelf,
		running:  map[int]context.CancelFunc{},
	}
}

// followEngine remembers the engine's address and ends this process when the engine is gone.
func (h *pythonHost) followEngine(ctx context.Context, address string) error {
	h.mutex.Lock()
	known := h.engineAddress != ""
	h.engineAddress = address
	h.mutex.Unlock()
	if known {
		return nil
	}
	if err := rpcutil.Healthcheck(ctx, address, engineCheckEvery, h.endSelf); err != nil {
		return fmt.Errorf("could not watch the engine at %s: %w", address, err)
	}
	return nil
}

func (h *pythonHost) engine() string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.engineAddress
}

// cancellable derives a context that cancelAll ends too; the caller must call the returned function.
func (h *pythonHost) cancellable(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	number := h.nextRun
	h.nextRun++
	h.running[number] = cancel
	return ctx, func() {
		cancel()
		h.mutex.Lock()
		defer h.mutex.Unlock()
		delete(h.running, number)
	}
}

func (h *pythonHost) cancelAll() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, cancel := range h.running {
		cancel()
	}
}

// Handshake is the engine's first call when it attached to a host that it did not start itself.
func (h *pythonHost) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	// The request's context ends with the request; the watch must outlive it.
	if err := h.followEngine(context.Background(), req.GetEngineAddress()); err != nil {
		return nil, err
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *pythonHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Cancel interrupts every program and policy pack that runs.
func (h *pythonHost) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancelAll()
	return &emptypb.Empty{}, nil
}

// GetRequiredPackages says that no plugin has to be fetched: dynamic providers come with Pulumi's
// Python package. The official host lists every installed distribution here, half a second a run.
func (h *pythonHost) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *pythonHost) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// About tells `pulumi about` which Python a program would run with.
func (h *pythonHost) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	chosen, tools, err := options.Resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	info, err := tools.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: info.PythonExecutable,
		Version:    info.PythonVersion.String(),
		Metadata: map[string]string{
			"host":             "liveavatar-ops",
			"toolchain":        toolchain.Name(chosen.Toolchain),
			"toolchainVersion": info.ToolchainVersion.String(),
		},
	}, nil
}

func (h *pythonHost) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	_, tools, err := options.Resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	packages, err := tools.ListPackages(ctx, req.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	found := make([]*pulumirpc.DependencyInfo, 0, len(packages))
	for _, one := range packages {
		found = append(found, &pulumirpc.DependencyInfo{Name: one.Name, Version: one.Version})
	}
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: found}, nil
}

// InstallDependencies serves `pulumi install`: the virtual environment is made, requirements go in.
func (h *pythonHost) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.GetIsTerminal())
	if err != nil {
		return err
	}
	defer closer.Close()

	_, tools, err := options.Resolve(req.GetInfo())
	if err != nil {
		return err
	}
	ctx, done := h.cancellable(server.Context())
	defer done()
	if err := tools.InstallDependencies(
		ctx, req.GetInfo().GetProgramDirectory(), req.GetUseLanguageVersionTools(), true, stdout, stderr,
	); err != nil {
		return err
	}
	return closer.Close()
}
