package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/reporters"
	"github.com/posthog/chart-matrix/reporters/terminal"
)

// addTarget declares the flags that say what is tested.
func (f *targetFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.config, "config", "c", "", "the configuration (default .chart-matrix.yaml in the folder)")
	cmd.Flags().BoolVar(&f.offline, "offline", false, "download no dependencies; fail where one is missing")
}

// add declares the flags that choose a part of the matrix.
func (f *planFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.event, "event", "", "plan for this event of GitHub (default: everything)")
	cmd.Flags().StringArrayVar(&f.only, "only", nil, "keep these cells: AXIS=VALUE, AXIS=A,B or kubernetes='>=1.31'; repeatable")
	cmd.Flags().StringSliceVar(&f.layers, "layers", nil, "run these layers: "+strings.Join(layer.Names(), ", "))
	// Completing cannot fail for a flag that was just declared.
	_ = cmd.RegisterFlagCompletionFunc("layers", cobra.FixedCompletions(layer.Names(), cobra.ShellCompDirectiveNoFileComp))
}

// reportFlags say how the summary is shown.
type reportFlags struct {
	format string
	output string
	quiet  bool
}

func (f *reportFlags) add(cmd *cobra.Command) {
	formats := reporters.Names()
	cmd.Flags().StringVarP(&f.format, "format", "f", "terminal", "how to show the summary: "+strings.Join(formats, ", "))
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "write the summary to this file (default: standard output)")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// renderer makes the renderer, or refuses an unknown format, before any work is done.
func (f *reportFlags) renderer(env Env) (reporters.Renderer, error) {
	if err := checkOutput(f.output); err != nil {
		return nil, err
	}
	r, err := reporters.New(f.format, reporters.Options{
		Terminal: terminal.Options{Color: env.color() && f.output == "", Width: env.Width},
	})
	if err != nil {
		return nil, fmt.Errorf("--format: %w", err)
	}
	return r, nil
}

// show renders the summary where the flags say, and turns its verdict into the
// program's exit code. The verdict does not depend on the format.
func (f *reportFlags) show(env Env, r reporters.Renderer, s findings.Summary) error {
	write := func(w io.Writer) error { return r.Render(w, s) }
	if f.output == "" {
		if err := write(env.Stdout); err != nil {
			return infrastructure(fmt.Errorf("showing the summary: %w", err))
		}
	} else if err := writeFile(f.output, write); err != nil {
		return infrastructure(fmt.Errorf("writing the summary: %w", err))
	}
	if s.Verdict.ExitCode != exitPassed {
		return &exitError{code: s.Verdict.ExitCode}
	}
	return nil
}

// writeFile writes a file whole or not at all: in memory first, then under
// another name, then renamed.
func writeFile(path string, write func(io.Writer) error) (err error) {
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link stays a link
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeThrough(path, content.Bytes())
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = content.WriteTo(tmp); err != nil {
		return err
	}
	if err = tmp.Chmod(0o644); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// writeThrough writes to a device or a pipe, such as /dev/null, which a rename
// would put an end to.
func writeThrough(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	_, err = f.Write(content)
	return err
}

// checkOutput refuses a folder where a file is meant, before any work is done.
func checkOutput(path string) error {
	if info, err := os.Stat(path); path != "" && err == nil && info.IsDir() {
		return fmt.Errorf("--output: %s is a folder; name a file in it", path)
	}
	return nil
}

// shellQuote quotes a word for a POSIX shell where it needs that.
func shellQuote(word string) string {
	if word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,", r)
	}) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
