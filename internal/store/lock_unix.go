//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// How long Write waits for another one, and how often it looks.
const (
	lockWait = 10 * time.Second
	lockPoll = 10 * time.Millisecond
)

var errBusy = errors.New("another run is writing to the folder; name another one, or wait for it")

// lock keeps other Writes out of the folder until unlock is called or the
// process ends. The lock is on the folder itself, so that no file remains.
func lock(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = f.Close() } // only a handle, which carries the lock
	for deadline := time.Now().Add(lockWait); ; time.Sleep(lockPoll) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return unlock, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return unlock, nil // a file system without locks
		case time.Now().After(deadline):
			unlock()
			return nil, errBusy
		}
	}
}
