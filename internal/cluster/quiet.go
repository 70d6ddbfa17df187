package cluster

import (
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// Quiet keeps client-go from writing to this process's standard error, which
// belongs to the person who runs it: what goes wrong is an error of the call in
// which it does. It counts for the process, from the first call on.
var Quiet = sync.OnceFunc(func() { klog.SetLogger(logr.Discard()) }) //nolint:gochecknoglobals // klog's logger is global, too
