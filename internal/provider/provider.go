// Package provider makes and removes clusters. Each kind of cluster is a package
// of its own below this one; all of them pass the suite in providertest.
package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// Provider makes clusters of one kind.
//
// What Up makes can be removed by Down in another process that knows nothing
// but the Ref: the caller writes the Ref down before it calls Up. Whatever the
// point at which Up fails or its context ends, Down with the same Ref removes
// all that was made. Implementations may be used by several goroutines at once.
type Provider interface {
	// Name is what users call it: "kind".
	Name() string
	// Up makes the cluster that the request names and gives it back ready: it
	// answers, its nodes are ready, its DNS serves, a default StorageClass is
	// there where the provider has one, and pods can be made. That is checked,
	// not believed. A name that is taken is an error that wraps ErrExists and
	// leaves the other cluster alone. An error that another try may not meet
	// again wraps ErrTransient.
	Up(ctx context.Context, r Request) (*Cluster, error)
	// Down removes what a Ref names, whole or half-made. What is not there is
	// a success, so it can be repeated.
	Down(ctx context.Context, ref Ref) error
	// List gives what is there of ours, whoever made it, sorted by name: never
	// a cluster that chart-matrix did not make.
	List(ctx context.Context) ([]Ref, error)
}

// Ref names one cluster, well enough for another process to remove it.
type Ref struct {
	Provider string `json:"provider"`
	// Name is the cluster's own. Owner and expiry are in it where the provider
	// has no labels; NewName makes such a name.
	Name string `json:"name"`
	// Owner is the job that it is made for.
	Owner string `json:"owner"`
	// Expires is when nobody needs it any more, whatever happened. Up to a
	// minute is lost in names.
	Expires time.Time `json:"expires"`
	// Detail holds what else the provider needs to find it: a region, a folder.
	Detail map[string]string `json:"detail,omitempty"`
}

// Request says what cluster is wanted.
type Request struct {
	Ref     Ref
	Version matrix.Version // a minor alone means the newest patch that the provider knows
	Nodes   int            // 0 means 1
	// Image is the node image, where the provider runs images; empty for its own.
	Image string
	// Dir is a folder for what belongs to this cluster alone, such as its
	// kubeconfig. It exists, and goes with the cluster.
	Dir string
	// Log takes what the provider's programs print; nil for nowhere.
	Log io.Writer
}

// Cluster is a cluster that is ready.
type Cluster struct {
	Ref        Ref
	Kubeconfig string // path of a file with this cluster alone
	Context    string
	Version    string // as the API server reports it: v1.33.4+k3s1
	// Logs are files to which the cluster's own programs write while it is
	// there. They are part of the evidence of what fails in it.
	Logs []string
}

// The errors that callers tell apart. They are wrapped with what happened.
var (
	ErrExists    = errors.New("the name is taken")
	ErrTransient = errors.New("it may work when tried again")
	// ErrUnavailable says that this machine lacks what the provider needs, such
	// as Docker or root.
	ErrUnavailable = errors.New("the provider cannot be used here")
)

// UnknownVersion is an error of Up for a version that the provider cannot make.
func UnknownVersion(provider string, v matrix.Version, have, next string) error {
	return fmt.Errorf("%s has no Kubernetes %s; have %s; %s", provider, v, have, next)
}
