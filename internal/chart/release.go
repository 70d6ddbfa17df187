package chart

import (
	"context"
	"errors"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
)

// Target is a Helm release by its name, and the cluster that it is in. Its
// methods run Helm in a process of their own, as Helm's actions cannot be
// ended: it goes on in the background when its context ends. The process ends
// with the context, and with this process.
//
// Nothing is atomic: what failed stays, so that it can be looked at. Hooks run.
// Helm waits for hooks and for what it deletes, and does not wait for the
// release to be ready.
type Target struct {
	Kubeconfig string // path of the file
	Context    string // empty is the file's current one
	Release    string
	Namespace  string // used as it is written
	// Timeout is how long Helm waits for one hook, or for what it deletes to be
	// gone; zero means DefaultHelmTimeout.
	Timeout time.Duration
	// Log receives a line for each step of Helm's; nil drops them.
	Log func(line string)
	// Program, where set, is the Helm that works; nil is the one in this program.
	Program *Program
	// Exec runs it; nil means command.Run.
	Exec func(context.Context, command.Spec) (command.Result, error)
	// Executable is started as the worker; default: this program, whose main
	// calls [RunWorkerIfAsked].
	Executable string
}

// DefaultHelmTimeout is that of Helm's own command line (helm install --timeout).
const DefaultHelmTimeout = 5 * time.Minute

// ErrCluster is wrapped by errors that the cluster or the way to it is to
// blame for: its API server does not answer, is overloaded, or refuses the
// credentials.
var ErrCluster = errors.New("the cluster cannot be worked with")

// Release is what Helm knows of a release after an operation. It holds what
// failed, too: see Refusals.
type Release struct {
	Name      string
	Namespace string
	Revision  int    // from 1; 0 where Helm made none
	Status    string // as Helm says: deployed, failed, pending-install, uninstalled
	Chart     string // name and version: posthog-1.2.3
	Manifest  string // without hooks
	Notes     string
	Objects   []Object  // of the manifest, in its order
	Hooks     []HookRun // that this operation ran, in their order
	// By is the Helm of the user's that worked; nil for the one in this program.
	By *Program
	// Tests names the test hooks, in the order in which they run.
	Tests []string
	// Kept names what an uninstall left because the chart or Helm wanted it so.
	Kept []Object
	// Warnings are those of the API server, each once, in the order in which
	// they came: deprecated APIs, Pod Security.
	Warnings []string
	// Refusals say why the operation failed; none when it worked.
	Refusals []Refusal
	Seconds  float64
}

// Object names one object of a release.
type Object struct {
	APIVersion string
	Kind       string
	Namespace  string // empty for those of the whole cluster
	Name       string
	Template   string // "posthog/templates/web.yaml"; empty if unknown
}

// String gives kind and name: "Deployment/web".
func (o Object) String() string { return o.Kind + "/" + o.Name }

// HookRun is one run of a hook, a test among them.
type HookRun struct {
	Object
	Event    string // pre-install, post-upgrade, test
	Seconds  float64
	Failed   bool
	TimedOut bool   // it had not ended when Helm's patience had
	Message  string // why it failed: "container migrate exits with 3"
	// Infrastructure says that the cluster or a registry kept it from running.
	Infrastructure bool
	Logs           []ContainerLog // of its pods, the oldest first
	// Refusals say why it could not even be made.
	Refusals []Refusal
}

// ContainerLog is the end of what a container of a hook's pod printed.
type ContainerLog struct {
	Pod       string
	Container string
	State     string // "exits with 137 (OOMKilled)", "cannot pull its image …"
	Lines     []string
}

// Install makes the namespace if it is not there, and installs the chart.
// The error is nil when the cluster answered, even if it answered no.
func (t *Target) Install(ctx context.Context, c *Chart, v *Values) (*Release, error) {
	return t.change(ctx, wireRelease{Op: opInstall, Files: wireFiles(c), Values: v.encoded}, v)
}

// Upgrade upgrades the release to the chart with these values and no others:
// none are taken over from the release.
func (t *Target) Upgrade(ctx context.Context, c *Chart, v *Values) (*Release, error) {
	return t.change(ctx, wireRelease{Op: opUpgrade, Files: wireFiles(c), Values: v.encoded}, v)
}

// Rollback goes back to a revision; 0 is the one before.
func (t *Target) Rollback(ctx context.Context, revision int) (*Release, error) {
	return t.change(ctx, wireRelease{Op: opRollback, Revision: revision}, nil)
}

// Test runs the release's tests, all of them: where `helm test` stops at the
// first one that fails, the others are asked as well. Each is in Hooks.
func (t *Target) Test(ctx context.Context) (*Release, error) {
	return t.change(ctx, wireRelease{Op: opTest}, nil)
}

// Uninstall removes the release and waits until its objects are gone. A
// release that is not there is no failure.
func (t *Target) Uninstall(ctx context.Context) (*Release, error) {
	return t.change(ctx, wireRelease{Op: opUninstall}, nil)
}

// change does an operation with the Helm that is meant.
func (t *Target) change(ctx context.Context, req wireRelease, v *Values) (*Release, error) {
	if t.Program != nil {
		return t.byProgram(ctx, req, v)
	}
	return t.run(ctx, req)
}

// Get gives the release as Helm has it, or one without a revision where it has none.
func (t *Target) Get(ctx context.Context) (*Release, error) {
	return t.run(ctx, wireRelease{Op: opGet})
}

// EnsureNamespace makes the namespace if it is not there.
func (t *Target) EnsureNamespace(ctx context.Context) error {
	r, err := t.run(ctx, wireRelease{Op: opNamespace})
	if err == nil && len(r.Refusals) > 0 {
		err = errors.New(r.Refusals[0].Message)
	}
	return err
}

func wireFiles(c *Chart) []wireFile {
	files := make([]wireFile, 0, len(c.files))
	for _, f := range c.files {
		files = append(files, wireFile{f.Name, f.Data})
	}
	return files
}
