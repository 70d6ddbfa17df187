//go:build !unix

package chart

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) { _ = p.Kill() }

func killedBySystem(*os.ProcessState) bool { return false }
