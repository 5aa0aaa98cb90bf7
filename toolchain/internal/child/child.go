// Package child ends processes that we started, and waits until they are gone.
package child

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Grace is how long a Python process may take to clean up after an interrupt. The engine gives us five
// seconds ourselves, and then kills everything at once.
const Grace = 4 * time.Second

const lookEvery = 20 * time.Millisecond

// EndGently makes a command that is not started yet end by interrupt when it is cancelled, and by force only
// after a while.
//
// It gets a process group of its own: the engine interrupts all of ours, and a second interrupt breaks into
// the cleaning up after the first one, which Pulumi's Python tells as an error of the program.
func EndGently(command *exec.Cmd) {
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = Grace
}

// AwaitEnd returns once a started command is gone. Somebody else must be waiting for it: two cannot.
func AwaitEnd(command *exec.Cmd) {
	for !errors.Is(command.Process.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		time.Sleep(lookEvery)
	}
}
