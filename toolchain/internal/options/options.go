// Package options reads the `runtime.options` of a Pulumi.yaml or PulumiPolicy.yaml.
package options

import (
	"fmt"
	"sort"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// Resolve returns the Python tools that the options name. A relative virtualenv counts from the directory
// of the file.
func Resolve(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, toolchain.Toolchain, error) {
	options, err := parse(info)
	if err != nil {
		return options, nil, err
	}
	tools, err := toolchain.ResolveToolchain(options)
	return options, tools, err
}

func parse(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	options := toolchain.PythonOptions{
		Root:       info.GetRootDirectory(),
		ProgramDir: info.GetProgramDirectory(),
	}
	var problems []string
	for name, value := range info.GetOptions().AsMap() {
		text, isText := value.(string)
		if !isText {
			problems = append(problems, fmt.Sprintf("%s must be a text, not %v", name, value))
			continue
		}
		if problem := Set(&options, name, text); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		sort.Strings(problems)
		return options, fmt.Errorf("runtime options: %s", strings.Join(problems, "; "))
	}
	return options, nil
}

// Set changes one option; it returns what is wrong with it, or nothing.
func Set(options *toolchain.PythonOptions, name, value string) string {
	switch name {
	case "virtualenv":
		options.Virtualenv = value
	case "toolchain":
		return setToolchain(options, value)
	case "typechecker":
		return "typechecker needs the official Pulumi; run mypy or pyright on its own instead"
	}
	// Options that we do not know belong to newer hosts; the official one passes over them as well.
	return ""
}

func setToolchain(options *toolchain.PythonOptions, value string) string {
	switch strings.ToLower(value) {
	case "auto", "":
		options.Toolchain = toolchain.Auto
	case "pip":
		options.Toolchain = toolchain.Pip
	case "poetry":
		options.Toolchain = toolchain.Poetry
	case "uv":
		options.Toolchain = toolchain.Uv
	default:
		return fmt.Sprintf("toolchain must be pip, poetry, uv or auto, not %q", value)
	}
	return ""
}
