package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(env.Stdout, "chart-matrix %s %s/%s %s\n", buildVersion(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return infrastructure(err)
		},
	}
}

// released is the version of a release, "v1.2.3". .ci/release has the linker set
// it, since the toolchain records none for what is built from an untagged commit.
var released string //nolint:gochecknoglobals // the linker reaches nothing else

// buildVersion is the version of a release or, elsewhere, that of the module as
// the Go toolchain recorded it.
func buildVersion() string {
	if released != "" {
		return released
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
