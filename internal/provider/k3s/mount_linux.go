package k3s

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// mounts gives the mount points at or below any of the folders, in the order in
// which they were mounted.
func mounts(folders []string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("looking for mounts: %w", err)
	}
	here := make([]string, len(folders))
	for i, f := range folders {
		here[i] = resolved(f)
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		at := unescape(fields[4]) // the mount point, says proc_pid_mountinfo in section 5 of the manual
		if slices.ContainsFunc(here, func(f string) bool { return at == f || strings.HasPrefix(at, f+"/") }) {
			found = append(found, at)
		}
	}
	return found, nil
}

// resolved gives a path without symbolic links, as the kernel tells it.
func resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// unescape reads \040 for a blank, as the kernel writes it.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// unmount takes away what is mounted at or below the folders and was not before,
// the last first. Several may lie upon each other at one place.
func unmount(folders, before []string) error {
	for range 20 {
		left, err := mounts(folders)
		if err != nil {
			return err
		}
		left = slices.DeleteFunc(left, func(m string) bool { return slices.Contains(before, m) })
		if len(left) == 0 {
			return nil
		}
		var failures []error
		for _, at := range slices.Backward(left) {
			err := syscall.Unmount(at, syscall.MNT_DETACH|umountNoFollow)
			if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) { // gone with another
				failures = append(failures, fmt.Errorf("unmounting %s: %w", at, err))
			}
		}
		if len(failures) > 0 {
			return errors.Join(failures...)
		}
	}
	return fmt.Errorf("something is mounted below %s again and again", strings.Join(folders, ", "))
}

const umountNoFollow = 0x8 // UMOUNT_NOFOLLOW of umount2(2), which package syscall lacks

// removeAll removes a folder with all that is in it, unless something is mounted
// there: that may be somebody's data.
func removeAll(path string) error {
	left, err := mounts([]string{path})
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("%s is not removed, since %s is mounted; unmount it and try again", path, left[0])
	}
	err = os.RemoveAll(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// removeNetns removes the network namespaces of pods: those that CNI names
// cni-…, that were not there before and that no process is in.
func (h host) removeNetns(before []string) error {
	entries, err := h.netns()
	if err != nil || len(entries) == 0 {
		return err
	}
	used, err := usedNetns()
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range entries {
		path := filepath.Join(h.path(netnsDir), name)
		info, err := os.Stat(path)
		if err != nil || slices.Contains(before, name) {
			continue
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && used[stat.Ino] {
			continue // another tool's, made since
		}
		if err := unmount([]string{path}, nil); err != nil {
			failures = append(failures, err)
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// netns gives the names of the network namespaces that CNI made, sorted.
func (h host) netns() ([]string, error) {
	entries, err := os.ReadDir(h.path(netnsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "cni-") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// usedNetns gives the inodes of the network namespaces that processes are in.
func usedNetns() (map[uint64]bool, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	used := map[uint64]bool{}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		info, err := os.Stat(filepath.Join("/proc", e.Name(), "ns/net"))
		if err != nil {
			continue // it has ended
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			used[stat.Ino] = true
		}
	}
	return used, nil
}
