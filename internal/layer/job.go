package layer

import (
	"context"
	"io"
	"os"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/result"
)

// JobLayer is a kind of test that runs in jobs. It may change the world outside,
// so it is asked once in each cell and its answers are never shared.
type JobLayer interface {
	// Name is what users call it: "command".
	Name() string
	// Requires names the layers that must not have failed in a cell before
	// this one is asked there; else the cell is blocked.
	Requires() []string
	// Run asks. A failed assertion says no; an error says that the question
	// could not be asked, or not to its end; a *Skip says why it was not.
	Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error)
}

// JobEnv is what a job offers to a layer in one cell.
type JobEnv struct {
	Inputs
	// Exec runs a program as command.Run does, and has noted down beforehand
	// what must be ended if this process dies.
	Exec func(context.Context, command.Spec) (command.Result, error)
	// Temp makes a temporary folder, and has noted it down in the same way; done
	// removes it. Nil makes one that nobody else knows of.
	Temp func(name string) (dir string, done func(), err error)
	// Log takes what programs print, as it comes; nil for nowhere.
	Log io.Writer
	// Cluster is the cell's cluster; nil where the job has none.
	Cluster *InCluster
}

// temp makes a temporary folder for what the name says.
func (e *JobEnv) temp(name string) (dir string, done func(), err error) {
	if e.Temp != nil {
		return e.Temp(name)
	}
	dir, err = os.MkdirTemp("", "chart-matrix-"+name+"-")
	return dir, func() { _ = os.RemoveAll(dir) }, err // temporary, the system clears it too
}

// Needs is what a job has that a layer may need, in the words of the configuration.
func Needs() []string { return []string{string(NeedNothing), string(NeedCluster), string(NeedRelease)} }

// JobNames lists the layers that run in jobs, in the order in which they run.
func JobNames() []string {
	return []string{InstallName, UpgradeName, TestName, KubetestName, K6Name, CommandName, UninstallName}
}
